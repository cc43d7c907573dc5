//! `portcullis doctor`: looks at a deployment as an administrator would, and says
//! what is wrong with it and what to do. It changes nothing.

mod deployment;
mod finding;
mod health;
mod mail;
mod tables;

use anyhow::Result;
use aws_config::SdkConfig;
use domain::value::Person;
use jiff::Timestamp;

pub use finding::{Finding, Level};

use crate::doctor::{deployment::DeployedStack, finding::Findings};

/// The deployment that is examined, its account if it is known, and the time of the examination.
struct Checkup<'a> {
    sdk: &'a SdkConfig,
    deployment: DeployedStack,
    account: Option<String>,
    now: Timestamp,
}

/// Checks all parts of a deployment. A part that cannot be checked is a finding as well. A missing
/// deployment is an error.
pub async fn examine(sdk: &SdkConfig, stack: &str, now: Timestamp) -> Result<Vec<Finding>> {
    let mut findings = Findings::default();
    let account = health::identity(sdk, &mut findings).await;
    let Some(deployment) = DeployedStack::of(sdk, stack, &mut findings).await? else {
        return Ok(findings.into());
    };
    let checkup = Checkup { sdk, deployment, account, now };
    checkup.clock(&mut findings).await;
    checkup.tables(&mut findings).await;
    checkup.schedule(&mut findings).await;
    checkup.overdue(&mut findings).await;
    let people: Vec<Person> = checkup.rules(&mut findings).await;
    checkup.mail(&people, &mut findings).await;
    findings.look(
        "by trial",
        "how fast IAM's changes spread, whether a role trusts us, and whether mails arrive, only \
         a trial shows",
        "try docs/first-deployment.md once, in this order",
    );
    Ok(findings.into())
}
