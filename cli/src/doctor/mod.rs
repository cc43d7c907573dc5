//! `portcullis doctor`: looks at a deployment as an administrator would, and says
//! what is wrong with it and what to do. It changes nothing.

mod deployment;
mod finding;
mod health;
mod mail;
mod tables;

use anyhow::Result;
use aws_config::SdkConfig;
use domain::Person;
use jiff::Timestamp;

pub use finding::{Finding, Level};

use crate::doctor::{deployment::Deployment, finding::Findings};

/// What is known so far of the deployment that is looked at.
struct Patient<'a> {
    sdk: &'a SdkConfig,
    deployment: Deployment,
    account: Option<String>,
    now: Timestamp,
}

/// Looks at everything there is. What cannot be looked at is a finding as well; that
/// there is no such deployment is an error.
pub async fn examine(sdk: &SdkConfig, stack: &str, now: Timestamp) -> Result<Vec<Finding>> {
    let mut findings = Findings::default();
    let account = health::identity(sdk, &mut findings).await;
    let Some(deployment) = Deployment::of(sdk, stack, &mut findings).await? else {
        return Ok(findings.into());
    };
    let patient = Patient { sdk, deployment, account, now };
    patient.clock(&mut findings).await;
    patient.tables(&mut findings).await;
    patient.schedule(&mut findings).await;
    patient.overdue(&mut findings).await;
    let people: Vec<Person> = patient.rules(&mut findings).await;
    patient.mail(&people, &mut findings).await;
    findings.look(
        "by trial",
        "how fast IAM's changes spread, whether a role trusts us, and whether mails arrive, only \
         a trial shows",
        "try docs/first-deployment.md once, in this order",
    );
    Ok(findings.into())
}
