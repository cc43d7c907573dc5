//! The Lambda function `notify`.

use aws::{
    chance, clock, config,
    dynamo::{LinksTable, RequestsTable},
    sdk,
    ses::Ses,
    telemetry,
};
use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use notify::{Notify, Told};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load().await;
    let requests = config::setting(config::REQUESTS_TABLE)?;
    let notify = &Notify {
        store: RequestsTable::new(&sdk, requests.clone()),
        links: LinksTable::new(&sdk, config::setting(config::LINKS_TABLE)?, requests),
        mailer: Ses::new(&sdk, config::parsed(config::MAIL_FROM)?),
        base_url: config::setting(config::BASE_URL)?,
    };
    run(service_fn(async |event: LambdaEvent<EventBridgeEvent<Told>>| {
        notify.handle(event.payload.detail, clock::now(), chance::bytes).await.map_err(Error::from)
    }))
    .await
}
