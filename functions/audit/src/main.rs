//! The Lambda function `audit`.

use audit::Batch;
use aws::{bus::Bus, clock, config, dynamo::AuditTable, metrics::Metrics, sdk, stream, telemetry};
use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("audit").await;
    let ledger = &AuditTable::new(&sdk, config::setting(config::AUDIT_TABLE)?);
    let bus = &Bus::new(&sdk, config::setting(config::EVENT_BUS)?);
    let metrics = &Metrics::of(config::setting(config::STACK)?);
    run(service_fn(async |event: LambdaEvent<Event>| {
        let id = &event.context.request_id;
        let span = telemetry::invocation("audit", "DynamoDB stream", id);
        let handle = async |lines, unread| {
            let (batch, now) = (Batch { lines, unread }, clock::now());
            let odd = audit::handle(ledger, bus, &batch, now).await?;
            let odd = u64::try_from(odd).unwrap_or(u64::MAX);
            metrics.put(&[("AuditConflicts", "Count", odd)], now);
            Ok(())
        };
        let answer = Box::pin(stream::all(event.payload, aws::dynamo::line_of, handle))
            .instrument(span)
            .await;
        Ok::<_, Error>(answer)
    }))
    .await
}
