//! The Lambda function `approval`.

use api::http;
use approval::{
    ApprovalPage,
    sign_in::{Settings, SignIn},
};
use aws::{
    chance, clock, config,
    dynamo::{LinksTable, PublishedRules, RequestsTable},
    sdk, telemetry,
};
use lambda_http::{Error, Request, run, service_fn};
use tracing::Instrument;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = sdk::load("approval").await;
    let requests = config::setting(config::REQUESTS_TABLE)?;
    let base_url = config::setting(config::BASE_URL)?;
    let approval = &ApprovalPage {
        sign_in: sign_in()?.map(|settings| SignIn::new(settings, &base_url)).transpose()?,
        links: LinksTable::new(&sdk, config::setting(config::LINKS_TABLE)?, requests.clone()),
        rules: PublishedRules::new(&sdk, requests.clone()),
        store: RequestsTable::new(&sdk, requests),
        account: config::setting(config::ACCOUNT)?,
        base_url,
    };
    run(service_fn(async |request: Request| {
        let span = http::invocation("approval", &request);
        approval.handle(&request, clock::now(), chance::bytes).instrument(span).await
    }))
    .await
}

/// The settings of the identity provider, or `None` if no issuer is set. With an issuer, the client
/// must be set as well.
fn sign_in() -> Result<Option<Settings>, config::SettingError> {
    let Ok(issuer) = config::setting(config::SIGN_IN_ISSUER) else { return Ok(None) };
    Ok(Some(Settings {
        issuer,
        client: config::setting(config::SIGN_IN_CLIENT)?,
        secret: config::setting(config::SIGN_IN_SECRET).ok(),
        aws_endpoint: config::setting(config::AWS_ENDPOINT).ok(),
    }))
}
