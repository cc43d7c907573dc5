//! The event bus: what happened, told to whoever listens.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use domain::Entry;
use service::{Fault, ports::Listeners};

/// What rules on the bus match on.
pub const SOURCE: &str = "portcullis";

/// `PutEvents` takes ten at a time.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const AT_ONCE: usize = 10;

/// One event bus.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    /// The bus of this name.
    pub fn new(sdk: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(sdk), name }
    }

    fn told(&self, entry: &Entry) -> PutEventsRequestEntry {
        let detail = serde_json::json!({
            "request": entry.request,
            "seq": entry.seq,
            "at": entry.at,
            "actor": entry.actor,
            "type": entry.event.kind(),
        });
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(entry.event.kind())
            .detail(detail.to_string())
            .build()
    }
}

impl Listeners for Bus {
    /// Tells which request, what, when and by whom. The words people wrote stay
    /// in the record.
    async fn announce(&self, entries: &[Entry]) -> Result<(), Fault> {
        for entries in entries.chunks(AT_ONCE) {
            let told = entries.iter().map(|entry| self.told(entry)).collect();
            let answer = self
                .client
                .put_events()
                .set_entries(Some(told))
                .send()
                .await
                .map_err(|error| Fault::new("announce events", error))?;
            if answer.failed_entry_count > 0 {
                let codes: Vec<_> =
                    answer.entries().iter().filter_map(|e| e.error_code()).collect();
                return Err(Fault::new("announce events", codes.join(", ")));
            }
        }
        Ok(())
    }
}
