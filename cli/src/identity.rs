//! The identity behind the credentials in use, as AWS states it.

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use domain::history::Actor;

/// An identity, as AWS states it. It does not depend on the directory, which is part of the rules.
#[derive(Debug)]
pub struct CallerIdentity {
    /// The owner of the credentials, by ARN.
    pub author: Actor,
    /// Their account.
    pub account: String,
}

/// Asks AWS whose credentials these are.
pub async fn identity(sdk: &SdkConfig) -> Result<CallerIdentity> {
    let identity = aws_sdk_sts::Client::new(sdk).get_caller_identity().send().await;
    let identity = identity.context("AWS does not say who you are")?;
    Ok(CallerIdentity {
        author: Actor::Caller(identity.arn.context("you have no ARN")?),
        account: identity.account.context("you have no account")?,
    })
}

/// Asks AWS whose credentials these are, as the actor of an entry.
pub async fn author(sdk: &SdkConfig) -> Result<Actor> {
    Ok(identity(sdk).await?.author)
}
