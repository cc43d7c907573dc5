//! The Lambda function `session`.

use aws::{
    clock, config,
    dynamo::{PublishedRules, RequestsTable},
    sdk,
    sts::Sts,
    telemetry,
};
use lambda_http::{Error, Request, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("session").await;
    let table = config::setting(config::REQUESTS_TABLE)?;
    let store = &RequestsTable::new(&sdk, table.clone());
    let rules = &PublishedRules::new(&sdk, table);
    let minter = &Sts::new(&sdk);
    run(service_fn(async |request: Request| {
        session::handle(store, (minter, rules), &request, clock::now()).await
    }))
    .await
}
