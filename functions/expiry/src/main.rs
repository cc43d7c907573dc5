//! The Lambda function `expiry`.

use aws::{clock, config, dynamo::RequestsTable, iam::Iam, sdk, telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load().await;
    let store = &RequestsTable::new(&sdk, config::setting(config::REQUESTS_TABLE)?);
    let grants = &Iam::new(&sdk);
    run(service_fn(async |_minute: LambdaEvent<Value>| {
        expiry::handle(store, grants, clock::now()).await.map_err(Error::from)
    }))
    .await
}
