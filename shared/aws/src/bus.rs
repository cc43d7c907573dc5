//! The event bus, which announces entries of histories to its listeners.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use domain::history::{HistoryId, RawEntry};
use service::{Fault, ports::Listeners};

/// The source of our events. Rules of the bus match on it.
pub const SOURCE: &str = "portcullis";

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
}

/// Most events in one call.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const AT_ONCE: usize = 10;

impl Listeners for Bus {
    async fn announce(&self, lines: &[RawEntry]) -> Result<(), Fault> {
        for some in lines.chunks(AT_ONCE) {
            let events = some.iter().map(|line| self.event_of(line)).collect();
            let answer = self
                .client
                .put_events()
                .set_entries(Some(events))
                .send()
                .await
                .map_err(|error| Fault::new("announce events on bus", error).on(&self.name))?;
            // A call that succeeds may still report an event that failed.
            if let Some(code) = answer.entries().iter().find_map(|entry| entry.error_code()) {
                return Err(Fault::new("announce events on bus", code.to_owned()).on(&self.name));
            }
        }
        Ok(())
    }
}

impl Bus {
    /// The event of an entry: its request (none for the rules and for drift), its number, time and
    /// type. People, and the words that they wrote, stay in the record.
    fn event_of(&self, line: &RawEntry) -> PutEventsRequestEntry {
        let request = match &line.history {
            HistoryId::Request(id) => Some(id),
            HistoryId::Rules | HistoryId::Drift(_) => None,
        };
        let detail = serde_json::json!({
            "request": request,
            "seq": line.seq,
            "at": line.at,
            "type": line.kind,
        });
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(&line.kind)
            .detail(detail.to_string())
            .build()
    }
}
