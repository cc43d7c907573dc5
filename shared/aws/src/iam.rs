//! Grants in IAM: one inline policy each, named for its request.

use aws_config::SdkConfig;
use aws_sdk_iam::{
    Client,
    error::SdkError,
    operation::{delete_user_policy::DeleteUserPolicyError, put_user_policy::PutUserPolicyError},
};
use domain::{Cause, Grant, PolicyName, RequestId, Window};
use service::{
    Fault,
    ports::{Ensured, Grants},
};

/// The power to change inline policies of IAM users.
#[derive(Debug, Clone)]
pub struct Iam {
    client: Client,
}

impl Iam {
    /// Uses the credentials of this configuration.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { client: Client::new(sdk) }
    }
}

impl Grants for Iam {
    /// Puts the policy. Putting it again replaces it by itself.
    async fn ensure(
        &self,
        id: &RequestId,
        grant: &Grant,
        window: Window,
    ) -> Result<Ensured, Fault> {
        let Grant::InlinePolicy { user, policy } = grant;
        let put = self
            .client
            .put_user_policy()
            .user_name(user.as_str())
            .policy_name(PolicyName::new(id, window).as_str())
            .policy_document(policy.fenced(window));
        match put.send().await {
            Ok(_) => Ok(Ensured::InPlace),
            Err(error) => match hopeless(&error) {
                Some(cause) => Ok(Ensured::Impossible(cause)),
                None => Err(Fault::new("put the policy of a grant", error)),
            },
        }
    }

    /// Deletes the policy of this grant by its own name, and so no other. Neither
    /// a policy nor a user that is gone already stands in the way.
    async fn ensure_gone(
        &self,
        id: &RequestId,
        grant: &Grant,
        window: Window,
    ) -> Result<(), Fault> {
        let Grant::InlinePolicy { user, .. } = grant;
        let delete = self
            .client
            .delete_user_policy()
            .user_name(user.as_str())
            .policy_name(PolicyName::new(id, window).as_str());
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) if gone_already(&error) => Ok(()),
            Err(error) => Err(Fault::new("delete the policy of a grant", error)),
        }
    }
}

fn gone_already<R>(error: &SdkError<DeleteUserPolicyError, R>) -> bool {
    error.as_service_error().is_some_and(DeleteUserPolicyError::is_no_such_entity_exception)
}

/// What IAM will not take however often it is tried.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html#API_PutUserPolicy_Errors>
fn hopeless<R>(error: &SdkError<PutUserPolicyError, R>) -> Option<Cause> {
    let error = error.as_service_error()?;
    [
        (error.is_no_such_entity_exception(), Cause::PrincipalGone),
        (error.is_limit_exceeded_exception(), Cause::LimitExceeded),
        (error.is_malformed_policy_document_exception(), Cause::PolicyRefused),
        (error.meta().code() == Some("AccessDenied"), Cause::NotPermitted),
    ]
    .into_iter()
    .find_map(|(is, cause)| is.then_some(cause))
}
