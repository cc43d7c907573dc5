//! The deployment: the steps of `sam deploy`, on the local AWS.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use aws_sdk_cloudformation::{
    Client,
    types::{Capability, Parameter, StackStatus},
};
use domain::grant::Deployment;
use http::Request;

use crate::{
    bootstraps::Built,
    functions::FUNCTIONS,
    ministack::{ACCOUNT, Ministack, REGION},
    roles::Granted,
    sign_in::UserPool,
    template,
};

const NAME: &str = "portcullis";
const BUCKET: &str = "portcullis-code";
const TEMPLATE: &str = "template.yaml";
/// Roles of this account that may be given policies.
const TEAM_ROLES: &str = "arn:aws:iam::000000000000:role/team-*";
const PATIENCE: Duration = Duration::from_mins(2);

/// The principal that writes to the tables by hand, as the stories do.
const OPERATOR: &str = "arn:aws:iam::000000000000:root";

/// The IAM user that publishes rules, whatever the rules say.
pub const PUBLISHER: &str = "publisher";

/// The sender of mails, and the only domain that mails go to.
pub const MAIL_FROM: &str = "portcullis@example.com";
const MAIL_DOMAIN: &str = "example.com";

/// The mark of the deployment in IAM.
pub fn deployment() -> Deployment {
    Deployment::of_stack(REGION, NAME)
}

/// The outputs of the stack, by name.
pub type Outputs = BTreeMap<String, String>;

/// Creates the stack, waits until it is ready, and returns its outputs.
pub async fn deploy(
    aws: &Ministack,
    built: &Built,
    pool: &UserPool,
    granted: &Granted,
) -> Result<Outputs> {
    prepare(aws, built).await?;
    let client = Client::new(&aws.root().await);
    let issuer = pool.issuer();
    let publishers = format!("arn:aws:iam::{ACCOUNT}:user/{PUBLISHER}");
    let policies = listed(&granted.policies);
    let session_roles = listed(granted.roles());
    let parameters = [
        ("Operators", OPERATOR),
        ("Auditors", OPERATOR),
        ("Publishers", publishers.as_str()),
        ("Roles", TEAM_ROLES),
        ("ManagedPolicies", policies.as_str()),
        ("SessionRoles", session_roles.as_str()),
        ("MailFrom", MAIL_FROM),
        ("AccountName", "local"),
        ("SignInIssuer", issuer.as_str()),
        ("SignInClientId", pool.client.as_str()),
        ("Architecture", if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }),
    ];
    let parameters = parameters
        .map(|(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build());
    client
        .create_stack()
        .stack_name(NAME)
        .template_url(format!("{}/{BUCKET}/{TEMPLATE}", aws.endpoint))
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityAutoExpand)
        .set_parameters(Some(parameters.into()))
        .send()
        .await
        .context("the template was not taken")?;
    created(&client).await
}

fn listed(arns: impl IntoIterator<Item = impl ToString>) -> String {
    arns.into_iter().map(|arn| arn.to_string()).collect::<Vec<_>>().join(",")
}

/// The physical name of a resource of the stack, by its name in the template.
pub async fn physical_id(aws: &Ministack, logical: &str) -> Result<String> {
    let client = Client::new(&aws.root().await);
    let found =
        client.describe_stack_resource().stack_name(NAME).logical_resource_id(logical).send();
    let detail = found.await?.stack_resource_detail;
    let id = detail.and_then(|detail| detail.physical_resource_id);
    id.with_context(|| format!("the stack has no `{logical}`"))
}

/// Makes what the stack needs: the code, and a domain that may send. As in a new account, mail goes
/// to verified domains and nowhere else.
async fn prepare(aws: &Ministack, built: &Built) -> Result<()> {
    aws.call("s3", Request::put("/"), BUCKET, Vec::new()).await?;
    for function in FUNCTIONS {
        let path = format!("{BUCKET}/{function}.zip");
        aws.call("s3", Request::put("/"), &path, built.zip(function)?).await?;
    }
    // A template of this size is sent by way of a bucket, as `sam deploy` does.
    let path = format!("{BUCKET}/{TEMPLATE}");
    aws.call("s3", Request::put("/"), &path, template::for_the_local_aws(BUCKET)?.into_bytes())
        .await?;
    let identity = serde_json::json!({ "EmailIdentity": MAIL_DOMAIN });
    let sandbox = serde_json::json!({
        "MailType": "TRANSACTIONAL",
        "WebsiteURL": "https://example.com",
        "ProductionAccessEnabled": false,
    });
    for (path, body) in [("v2/email/identities", identity), ("v2/email/account/details", sandbox)] {
        aws.call("ses", Request::post("/"), path, body.to_string().into_bytes()).await?;
    }
    Ok(())
}

async fn created(client: &Client) -> Result<Outputs> {
    let begun = Instant::now();
    loop {
        let described = client.describe_stacks().stack_name(NAME).send().await?;
        let stack = described.stacks().first().context("the stack is not there")?;
        match stack.stack_status() {
            Some(StackStatus::CreateComplete) => {
                let outputs = stack.outputs().iter().filter_map(|output| {
                    Some((output.output_key()?.to_owned(), output.output_value()?.to_owned()))
                });
                return Ok(outputs.collect());
            }
            Some(StackStatus::CreateInProgress) if begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            status => bail!(
                "the stack was not created: {status:?}: {}\n{}",
                stack.stack_status_reason().unwrap_or_default(),
                failures(client).await
            ),
        }
    }
}

async fn failures(client: &Client) -> String {
    let Ok(events) = client.describe_stack_events().stack_name(NAME).send().await else {
        return String::new();
    };
    let failed = events.stack_events().iter().filter_map(|event| {
        let reason = event.resource_status_reason()?;
        Some(format!("  {}: {reason}\n", event.logical_resource_id().unwrap_or("?")))
    });
    failed.collect()
}
