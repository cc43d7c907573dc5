//! The Lambda function `audit`.

use aws::{
    bus::Bus,
    config,
    dynamo::AuditTable,
    sdk,
    stream::{self, AfterFailure::Stop},
    telemetry,
};
use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load().await;
    let ledger = &AuditTable::new(&sdk, config::setting(config::AUDIT_TABLE)?);
    let bus = &Bus::new(&sdk, config::setting(config::EVENT_BUS)?);
    run(service_fn(async |event: LambdaEvent<Event>| {
        let handle = async |line| audit::handle(ledger, bus, line).await;
        Ok::<_, Error>(stream::each(event.payload, Stop, aws::dynamo::line_in, handle).await)
    }))
    .await
}
