//! The Lambda function `expiry`.

use aws::{
    clock, config,
    dynamo::{PublishedRules, RequestsTable},
    iam::AwsIam,
    sdk, telemetry,
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use service::Granting;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load().await;
    let table = config::setting(config::REQUESTS_TABLE)?;
    let store = &RequestsTable::new(&sdk, table.clone());
    let rules = &PublishedRules::new(&sdk, table);
    let grants = &Granting { holdings: store, iam: &AwsIam::new(&sdk) };
    run(service_fn(async |_minute: LambdaEvent<Value>| {
        expiry::handle(store, (grants, rules), clock::now()).await.map_err(Error::from)
    }))
    .await
}
