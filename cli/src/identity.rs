//! Identity of the credentials in use, by AWS's word.

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use domain::history::Actor;

/// An identity by AWS's word. Not by the directory: that is part of what is being
/// published.
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

/// Asks AWS whose credentials these are, as the author of something.
pub async fn author(sdk: &SdkConfig) -> Result<Actor> {
    Ok(identity(sdk).await?.author)
}
