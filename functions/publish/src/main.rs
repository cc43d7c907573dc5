//! The Lambda function `publish`.

use api::{http, identity_center::IdentityCenter};
use aws::{clock, config, dynamo::PublishedRules, iam::AwsIam, sdk, telemetry};
use lambda_http::{Error, Request, run, service_fn};
use publish::Publish;
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("publish").await;
    let publish = &Publish {
        publications: PublishedRules::new(&sdk, config::setting(config::REQUESTS_TABLE)?),
        texts: AwsIam::new(&sdk),
        publishers: config::parsed_or_default(config::PUBLISHERS)?,
        identity_center: IdentityCenter::new(AwsIam::new(&sdk)),
    };
    run(service_fn(async |request: Request| {
        let span = http::invocation("publish", &request);
        publish.handle(&request, clock::now()).instrument(span).await
    }))
    .await
}
