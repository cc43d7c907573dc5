//! The Lambda function `expiry`.

use aws::{
    clock, config,
    dynamo::{PublishedRules, RequestsTable},
    iam::AwsIam,
    sdk, telemetry,
};
use expiry::Task;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("expiry").await;
    let table = config::setting(config::REQUESTS_TABLE)?;
    let store = &RequestsTable::new(&sdk, table.clone());
    let rules = &PublishedRules::new(&sdk, table);
    let iam = &AwsIam::new(&sdk);
    run(service_fn(async |task: LambdaEvent<Task>| {
        let work = expiry::handle(store, (iam, rules), &task.payload, clock::now());
        Box::pin(work).await.map_err(Error::from)
    }))
    .await
}
