//! The Lambda function `session`.

use api::{http, identity_center::IdentityCenter};
use aws::{
    clock, config,
    dynamo::{PublishedRules, RequestsTable},
    iam::AwsIam,
    sdk,
    sts::Sts,
    telemetry,
};
use lambda_http::{Error, Request, run, service_fn};
use session::Sessions;
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("session").await;
    let table = config::setting(config::REQUESTS_TABLE)?;
    let sessions = &Sessions {
        store: RequestsTable::new(&sdk, table.clone()),
        minter: Sts::new(&sdk, config::deployment(&sdk)?),
        rules: PublishedRules::new(&sdk, table),
        identity_center: IdentityCenter::new(AwsIam::new(&sdk)),
    };
    run(service_fn(async |request: Request| {
        let span = http::invocation("session", &request);
        sessions.handle(&request, clock::now()).instrument(span).await
    }))
    .await
}
