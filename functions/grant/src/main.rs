//! The Lambda function `grant`.
#![recursion_limit = "256"] // the futures of this function nest deeply

use aws::{
    clock, config,
    dynamo::{PublishedRules, RequestsTable},
    iam::AwsIam,
    metrics::Metrics,
    sdk, stream, telemetry,
};
use aws_lambda_events::event::dynamodb::Event;
use domain::request::Status;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use service::Worker;
use tracing::Instrument;

const TRIGGER: &str = "DynamoDB stream";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("grant").await;
    let table = config::setting(config::REQUESTS_TABLE)?;
    let store = &RequestsTable::new(&sdk, table.clone());
    let rules = &PublishedRules::new(&sdk, table);
    let iam = &AwsIam::new(&sdk).of(config::deployment(&sdk)?);
    let worker = Worker { store, iam, rules };
    let metrics = &Metrics::of(config::setting(config::STACK)?);
    run(service_fn(async |event: LambdaEvent<Event>| {
        let id = &event.context.request_id;
        let span = telemetry::invocation("grant", TRIGGER, id);
        // A batch may take long, so each request gets a time of its own. It also gets a span of its
        // own, because that of the batch names no request.
        let handle = async |request| {
            let now = clock::now();
            let span = telemetry::invocation("grant", TRIGGER, id);
            // The future is large, so it lives on the heap.
            let work = Box::pin(grant::handle(worker, &request, now));
            let status = work.instrument(span).await?;
            metrics.put(&[("GrantsFailed", "Count", (status == Some(Status::Failed)).into())], now);
            Ok(())
        };
        let answer =
            stream::each(event.payload, aws::dynamo::request_of, handle).instrument(span).await;
        Ok::<_, Error>(answer)
    }))
    .await
}
