//! Errors of IAM, sorted by name into three kinds: never possible, already gone, and failures.

use std::{error::Error, fmt::Display};

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use domain::request::Cause;
use service::{Fault, ports::Applied};

/// The name of a call to IAM in a fault: the action, and its object.
pub(super) struct What<'a>(pub(super) &'static str, pub(super) &'a (dyn Display + Sync));

impl What<'_> {
    /// The fault of this call.
    pub(super) fn failed(&self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Fault {
        Fault::new(self.0, error).on(self.1)
    }
}

/// The answer to a read. None if its object does not exist.
pub(super) fn found<T, E, R>(
    what: &What<'_>,
    sent: Result<T, SdkError<E, R>>,
) -> Result<Option<T>, Fault>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match sent {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == Some("NoSuchEntity") => Ok(None),
        Err(error) => Err(failed(what, error)),
    }
}

/// The answer to a read. None if its object does not exist, or we may not read it.
pub(super) fn seen<T, E, R>(
    what: &What<'_>,
    sent: Result<T, SdkError<E, R>>,
) -> Result<Option<T>, Fault>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match sent {
        Err(error) if error.code() == Some("AccessDenied") => Ok(None),
        sent => found(what, sent),
    }
}

/// The outcome of a removal. It is a success also if the object or its owner was already gone.
pub(super) fn gone<T, E, R>(what: &What<'_>, sent: Result<T, SdkError<E, R>>) -> Result<(), Fault>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    found(what, sent).map(|_| ())
}

/// The outcome of a call that gives access: done, never possible, or a fault that may pass.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html#API_PutUserPolicy_Errors>
pub(super) fn taken<T, E, R>(
    what: &What<'_>,
    sent: Result<T, SdkError<E, R>>,
) -> Result<Applied, Fault>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let Err(error) = sent else { return Ok(Applied::Done) };
    Ok(Applied::Impossible(match error.code() {
        // The message names the policy. Any other missing entity is the principal.
        Some("NoSuchEntity") if error.message().is_some_and(|said| said.contains("olicy ")) => {
            Cause::PolicyGone
        }
        Some("NoSuchEntity") => Cause::PrincipalGone,
        Some("LimitExceeded") => Cause::LimitExceeded,
        Some(
            "MalformedPolicyDocument" | "PolicyNotAttachable" | "InvalidInput" | "ValidationError",
        ) => Cause::PolicyRefused,
        // Only AWS itself may change this kind of role.
        Some("UnmodifiableEntity") => Cause::NotPermitted,
        _ => return Err(failed(what, error)),
    }))
}

fn failed<E, R>(what: &What<'_>, error: SdkError<E, R>) -> Fault
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let busy = ["Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests"];
    let throttled = error.code().is_some_and(|code| busy.iter().any(|busy| code.starts_with(busy)));
    let forbidden = matches!(error.code(), Some("AccessDenied" | "UnmodifiableEntity"));
    let fault = what.failed(error);
    match (throttled, forbidden) {
        (true, _) => fault.throttled(),
        (false, true) => fault.not_permitted(),
        (false, false) => fault,
    }
}
