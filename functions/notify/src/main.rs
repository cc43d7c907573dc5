//! The Lambda function `notify`.

use aws::{
    chance, clock, config,
    dynamo::{LinksTable, PublishedRules, RequestsTable},
    sdk,
    ses::Ses,
    telemetry,
};
use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use notify::Notify;
use serde_json::Value;
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("notify").await;
    let requests = config::setting(config::REQUESTS_TABLE)?;
    let (from, events) =
        (config::parsed(config::MAIL_FROM)?, config::setting(config::MAIL_EVENTS)?);
    let notify = &Notify {
        links: LinksTable::new(&sdk, config::setting(config::LINKS_TABLE)?, requests.clone()),
        rules: PublishedRules::new(&sdk, requests.clone()),
        store: RequestsTable::new(&sdk, requests),
        mailer: Ses::new(&sdk, from, events),
        base_url: config::setting(config::BASE_URL)?,
        account: config::setting(config::ACCOUNT)?,
    };
    run(service_fn(async |event: LambdaEvent<EventBridgeEvent<Value>>| {
        let id = &event.context.request_id;
        let span = telemetry::invocation("notify", "event bus", id);
        let received = notify.receive(event.payload, clock::now(), chance::bytes);
        let received = received.instrument(span.clone()).await;
        let logged = received.inspect_err(|fault| {
            let cause = telemetry::with_causes(fault);
            span.in_scope(|| {
                tracing::error!(cause, "an event was not handled, and will be delivered again");
            });
        });
        logged.map_err(Error::from)
    }))
    .await
}
