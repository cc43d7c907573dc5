//! The Lambda function `approval`.

use approval::Approval;
use aws::{
    clock, config,
    dynamo::{LinksTable, PublishedRules, RequestsTable},
    sdk, telemetry,
};
use lambda_http::{Error, Request, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load().await;
    let requests = config::setting(config::REQUESTS_TABLE)?;
    let approval = &Approval {
        links: LinksTable::new(&sdk, config::setting(config::LINKS_TABLE)?, requests.clone()),
        rules: PublishedRules::new(&sdk, requests.clone()),
        store: RequestsTable::new(&sdk, requests),
        account: config::setting(config::ACCOUNT)?,
        base_url: config::setting(config::BASE_URL)?,
    };
    run(service_fn(async |request: Request| approval.handle(&request, clock::now()).await)).await
}
