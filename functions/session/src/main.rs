//! The Lambda function `session`.

use api::identity_center::IdentityCenter;
use aws::{
    clock, config,
    dynamo::{PublishedRules, RequestsTable},
    iam::AwsIam,
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
    let minter = &Sts::new(&sdk, config::deployment(&sdk)?);
    let identity_center = &IdentityCenter::new(AwsIam::new(&sdk));
    run(service_fn(async |request: Request| {
        session::handle(store, (minter, rules, identity_center), &request, clock::now()).await
    }))
    .await
}
