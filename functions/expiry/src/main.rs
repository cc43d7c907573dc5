//! The Lambda function `expiry`.

use std::time::{Duration, SystemTime};

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

/// Time before the end of the invocation in which no new work begins. A call to AWS is given up
/// after eight seconds.
const RESERVE: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("expiry").await;
    let table = config::setting(config::REQUESTS_TABLE)?;
    let store = &RequestsTable::new(&sdk, table.clone());
    let rules = &PublishedRules::new(&sdk, table);
    let iam = &AwsIam::new(&sdk).of(config::deployment(&sdk)?);
    let worker = Worker { store, iam, rules };
    let metrics = &Metrics::of(config::setting(config::STACK)?);
    run(service_fn(async |event: LambdaEvent<IgnoredAny>| {
        let id = &event.context.request_id;
        let span = telemetry::invocation("expiry", "schedule", id);
        let now = clock::now();
        // Work that is under way then is still finished, and there is time to report it.
        let until = event.context.deadline().checked_sub(RESERVE).unwrap_or(SystemTime::UNIX_EPOCH);
        let is_time_up = || until <= SystemTime::from(clock::now());
        let work = expiry::handle(worker, now, is_time_up);
        let done = Box::pin(work).instrument(span.clone()).await;
        let done = done.inspect_err(|fault| {
            let cause = telemetry::with_causes(fault);
            span.in_scope(|| tracing::error!(cause, "the minute job failed"));
        })?;
        metrics.put(&done.figures, now);
        Ok::<_, Error>(done.into_answer()?)
    }))
    .await
}
