//! The Lambda function `publish`.

use api::identity_center::IdentityCenter;
use aws::{clock, config, dynamo::PublishedRules, iam::AwsIam, sdk, telemetry};
use lambda_http::{Error, Request, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("publish").await;
    let publications = &PublishedRules::new(&sdk, config::setting(config::REQUESTS_TABLE)?);
    let publishers = &config::parsed_or_default(config::PUBLISHERS)?;
    let texts = &AwsIam::new(&sdk);
    let identity_center = &IdentityCenter::new(AwsIam::new(&sdk));
    run(service_fn(async |request: Request| {
        let means = (texts, publishers, identity_center);
        publish::handle(publications, means, &request, clock::now()).await
    }))
    .await
}
