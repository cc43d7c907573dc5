//! The Lambda function `checkpoint`.

use aws::{
    clock, config, dynamo::AuditTable, kms::SigningKey, metrics::Metrics, s3::Bucket, sdk,
    telemetry,
};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::de::IgnoredAny;
use service::Checkpointer;
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("checkpoint").await;
    let log = &config::setting(config::CHECKPOINT_LOG)?;
    let record = &AuditTable::new(&sdk, config::setting(config::AUDIT_TABLE)?);
    let checkpoints = &Bucket::new(&sdk, config::setting(config::CHECKPOINT_BUCKET)?);
    let signer = &SigningKey::new(&sdk, config::setting(config::CHECKPOINT_KEY)?);
    let checkpointer = Checkpointer { record, checkpoints, signer, log };
    let metrics = &Metrics::of(config::setting(config::STACK)?);
    run(service_fn(async |event: LambdaEvent<IgnoredAny>| {
        let id = &event.context.request_id;
        let span = telemetry::invocation("checkpoint", "schedule", id);
        let now = clock::now();
        let done = Box::pin(checkpoint::handle(&checkpointer, now)).instrument(span.clone()).await;
        let done = done.inspect_err(|fault| {
            let cause = telemetry::with_causes(fault);
            span.in_scope(|| tracing::error!(cause, "no checkpoint; earlier ones stay"));
        })?;
        metrics.put(&done.figures, now);
        Ok::<_, Error>(done.into_answer()?)
    }))
    .await
}
