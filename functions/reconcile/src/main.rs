//! The Lambda function `reconcile`.
#![recursion_limit = "256"] // the futures of this function nest deeply

use aws::{
    clock, config,
    dynamo::{PublishedRules, RequestsTable},
    iam::AwsIam,
    metrics::Metrics,
    sdk, telemetry,
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::de::IgnoredAny;
use service::Worker;
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("reconcile").await;
    let table = config::setting(config::REQUESTS_TABLE)?;
    let store = &RequestsTable::new(&sdk, table.clone());
    let rules = &PublishedRules::new(&sdk, table);
    let iam = &AwsIam::new(&sdk).of(config::deployment(&sdk)?);
    let worker = Worker { store, iam, rules };
    let metrics = &Metrics::of(config::setting(config::STACK)?);
    run(service_fn(async |event: LambdaEvent<IgnoredAny>| {
        let id = &event.context.request_id;
        let span = telemetry::invocation("reconcile", "schedule", id);
        let now = clock::now();
        let done = Box::pin(reconcile::handle(worker, now)).instrument(span.clone()).await;
        let done = done.inspect_err(|fault| {
            let cause = telemetry::with_causes(fault);
            span.in_scope(|| tracing::error!(cause, "IAM was not compared with the record"));
        })?;
        metrics.put(&done.figures, now);
        Ok::<_, Error>(done.into_answer()?)
    }))
    .await
}
