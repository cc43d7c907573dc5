//! The environment, read in one place.

use std::str::FromStr;

use aws_config::SdkConfig;
use domain::grant::Deployment;
use thiserror::Error;

/// A setting that is missing or wrong. It fails the deployment, not a user.
#[derive(Debug, Error)]
pub enum SettingError {
    /// The setting is missing or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The value cannot be parsed.
    #[error("the environment variable {name} is wrong: {problem}")]
    Wrong {
        /// Its name.
        name: &'static str,
        /// The mistake in its value.
        problem: String,
    },
}

/// Reads a required setting.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn setting(name: &'static str) -> Result<String, SettingError> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).ok_or(SettingError::Missing(name))
}

/// Reads and parses a required setting.
pub fn parsed<T: FromStr<Err: ToString>>(name: &'static str) -> Result<T, SettingError> {
    let wrong = |error: T::Err| SettingError::Wrong { name, problem: error.to_string() };
    setting(name)?.parse().map_err(wrong)
}

/// Reads and parses a setting. A missing or empty one has the default value.
pub fn parsed_or_default<T: FromStr<Err: ToString> + Default>(
    name: &'static str,
) -> Result<T, SettingError> {
    match parsed(name) {
        Err(SettingError::Missing(_)) => Ok(T::default()),
        read => read,
    }
}

/// The mark of this deployment in IAM, which is made from the region and the name of the stack.
pub fn deployment(sdk: &SdkConfig) -> Result<Deployment, SettingError> {
    let region = sdk.region().ok_or(SettingError::Missing("AWS_REGION"))?;
    Ok(Deployment::of_stack(region.as_ref(), &setting(STACK)?))
}

/// The table of requests.
pub const REQUESTS_TABLE: &str = "PORTCULLIS_REQUESTS_TABLE";
/// The table of links.
pub const LINKS_TABLE: &str = "PORTCULLIS_LINKS_TABLE";
/// The table of the audit record.
pub const AUDIT_TABLE: &str = "PORTCULLIS_AUDIT_TABLE";
/// The bucket of the checkpoints of the audit record.
pub const CHECKPOINT_BUCKET: &str = "PORTCULLIS_CHECKPOINT_BUCKET";
/// The ARN of the key that signs checkpoints.
pub const CHECKPOINT_KEY: &str = "PORTCULLIS_CHECKPOINT_KEY";
/// The name of the log that checkpoints are about.
pub const CHECKPOINT_LOG: &str = "PORTCULLIS_CHECKPOINT_LOG";
/// The bus on which events are announced.
pub const EVENT_BUS: &str = "PORTCULLIS_EVENT_BUS";
/// The URL of the API, as people reach it. The links in mails start with it.
pub const BASE_URL: &str = "PORTCULLIS_BASE_URL";
/// The identity provider at which approvers sign in, as in the claim `iss`.
pub const SIGN_IN_ISSUER: &str = "PORTCULLIS_SIGN_IN_ISSUER";
/// Our client id at that provider.
pub const SIGN_IN_CLIENT: &str = "PORTCULLIS_SIGN_IN_CLIENT";
/// Our client secret at that provider, if we have one.
pub const SIGN_IN_SECRET: &str = "PORTCULLIS_SIGN_IN_SECRET";
/// The URL that replaces all endpoints of AWS. Every AWS tool knows this variable.
pub const AWS_ENDPOINT: &str = "AWS_ENDPOINT_URL";
/// The configuration set of SES that reports the delivery of mails.
pub const MAIL_EVENTS: &str = "PORTCULLIS_MAIL_EVENTS";
/// The AWS account, as people know it.
pub const ACCOUNT: &str = "PORTCULLIS_ACCOUNT";
/// Callers who may publish rules whatever the rules say, by ARN.
pub const PUBLISHERS: &str = "PORTCULLIS_PUBLISHERS";
/// The name of the stack, which is also the dimension of its figures.
pub const STACK: &str = "PORTCULLIS_STACK";
/// The address mails come from.
pub const MAIL_FROM: &str = "PORTCULLIS_MAIL_FROM";
