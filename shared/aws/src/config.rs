//! The environment, read in one place.

use std::str::FromStr;

use aws_config::SdkConfig;
use domain::grant::Deployment;
use thiserror::Error;

/// A setting that is missing or wrong. It fails the deployment, not a user.
#[derive(Debug, Error)]
pub enum SettingError {
    /// Not set, or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// Set to something that is none.
    #[error("the environment variable {name} is wrong: {problem}")]
    Wrong {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// Reads a setting that must be there.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn setting(name: &'static str) -> Result<String, SettingError> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).ok_or(SettingError::Missing(name))
}

/// Reads a setting and parses it.
pub fn parsed<T: FromStr<Err: ToString>>(name: &'static str) -> Result<T, SettingError> {
    let wrong = |error: T::Err| SettingError::Wrong { name, problem: error.to_string() };
    setting(name)?.parse().map_err(wrong)
}

/// Reads a setting and parses it; one that is not set is empty.
pub fn parsed_or_default<T: FromStr<Err: ToString> + Default>(
    name: &'static str,
) -> Result<T, SettingError> {
    match parsed(name) {
        Err(SettingError::Missing(_)) => Ok(T::default()),
        read => read,
    }
}

/// The mark of this deployment in IAM: from the name of the stack, and the region.
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
/// The bus on which events are told.
pub const EVENT_BUS: &str = "PORTCULLIS_EVENT_BUS";
/// Where the API is, as people reach it; the links in mails start with it.
pub const BASE_URL: &str = "PORTCULLIS_BASE_URL";
/// Where approvers sign in: the identity provider, as in the claim `iss`.
pub const SIGN_IN_ISSUER: &str = "PORTCULLIS_SIGN_IN_ISSUER";
/// Our name there.
pub const SIGN_IN_CLIENT: &str = "PORTCULLIS_SIGN_IN_CLIENT";
/// Our secret there, if we have one.
pub const SIGN_IN_SECRET: &str = "PORTCULLIS_SIGN_IN_SECRET";
/// What stands in for all endpoints of AWS, as every AWS tool knows it.
pub const AWS_ENDPOINT: &str = "AWS_ENDPOINT_URL";
/// The configuration set of SES that tells what becomes of mails.
pub const MAIL_EVENTS: &str = "PORTCULLIS_MAIL_EVENTS";
/// The AWS account, as people know it.
pub const ACCOUNT: &str = "PORTCULLIS_ACCOUNT";
/// Callers who may publish rules whatever the rules say, by ARN.
pub const PUBLISHERS: &str = "PORTCULLIS_PUBLISHERS";
/// The name of the deployment, under which its figures are found.
pub const STACK: &str = "PORTCULLIS_STACK";
/// The address mails come from.
pub const MAIL_FROM: &str = "PORTCULLIS_MAIL_FROM";
