//! The Lambda function `intake`.

use api::{http, identity_center::IdentityCenter};
use aws::{
    chance, clock, config,
    dynamo::{PublishedRules, RequestsTable},
    iam::AwsIam,
    sdk, telemetry,
};
use domain::value::RequestId;
use intake::{Arrival, Intake};
use lambda_http::{Error, Request, run, service_fn};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("intake").await;
    let table = config::setting(config::REQUESTS_TABLE)?;
    let iam = AwsIam::new(&sdk).of(config::deployment(&sdk)?);
    let intake = &Intake {
        store: RequestsTable::new(&sdk, table.clone()),
        iam: iam.clone(),
        identity_center: IdentityCenter::new(iam),
        rules: PublishedRules::new(&sdk, table),
    };
    run(service_fn(async |request: Request| {
        let fresh_id = RequestId::from_random(chance::bytes()?);
        let span = http::invocation("intake", &request);
        intake.handle(&request, Arrival { now: clock::now(), fresh_id }).instrument(span).await
    }))
    .await
}
