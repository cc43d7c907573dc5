//! STS: sessions of roles.

use aws_config::SdkConfig;
use aws_sdk_sts::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::assume_role::AssumeRoleError,
    types::{PolicyDescriptorType, Tag},
};
use domain::grant::{Deployment, Guard};
use jiff::Timestamp;
use service::{
    Credentials, Fault, Session,
    ports::{Minted, Minter},
};

/// A client of STS, and the deployment whose parts no session reaches.
#[derive(Debug, Clone)]
pub struct Sts {
    client: Client,
    deployment: Deployment,
}

impl Sts {
    /// Uses the credentials of this configuration. No session reaches the parts of this
    /// deployment.
    pub fn new(sdk: &SdkConfig, deployment: Deployment) -> Self {
        Self { client: Client::new(sdk), deployment }
    }
}

impl Minter for Sts {
    fn guard(&self) -> &Guard {
        self.deployment.guard()
    }

    async fn mint(&self, session: &Session) -> Result<Minted, Fault> {
        let failed = |fault: Fault| fault.on(&session.role);
        let what = "start a session of";
        let mut tags = Vec::new();
        for (key, value) in &session.tags {
            let tag = Tag::builder().key(*key).value(value).build();
            tags.push(tag.map_err(|error| failed(Fault::new(what, error)))?);
        }
        let arn = |arn: &domain::grant::PolicyArn| {
            PolicyDescriptorType::builder().arn(arn.as_str()).build()
        };
        let policies: Vec<_> = session.policies.iter().map(arn).collect();
        let sent = self
            .client
            .assume_role()
            .role_arn(session.role.as_str())
            .role_session_name(&session.name)
            .source_identity(&session.source_identity)
            .set_tags(Some(tags))
            .set_external_id(session.external_id.clone())
            .policy(&session.policy)
            .set_policy_arns((!policies.is_empty()).then_some(policies))
            .duration_seconds(i32::try_from(session.lifetime.as_secs()).unwrap_or(i32::MAX))
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            // A fault is logged, so it must not quote the answer, which may hold credentials.
            Err(SdkError::ResponseError(_)) => {
                return Err(failed(Fault::new(what, "the answer cannot be read")));
            }
            Err(error) => {
                return match refused(&error) {
                    Some(why) => Ok(Minted::Refused(why)),
                    None => Err(failed(Fault::new(what, error))),
                };
            }
        };
        let given =
            answer.credentials.ok_or_else(|| failed(Fault::new(what, "there is no answer")))?;
        let expires_at = Timestamp::from_second(given.expiration.secs())
            .map_err(|error| failed(Fault::new(what, error)))?;
        Ok(Minted::Given(Credentials {
            access_key_id: given.access_key_id,
            secret_access_key: given.secret_access_key,
            session_token: given.session_token,
            expires_at,
        }))
    }
}

/// The reason of a refusal that no second attempt changes. None for any other error.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors>
fn refused<R>(error: &SdkError<AssumeRoleError, R>) -> Option<&'static str> {
    let said = error.message().unwrap_or_default();
    match error.code()? {
        "AccessDenied" if said.contains("sts:TagSession") => Some(
            "its trust policy has no statement that lets us tag this session; print one with \
                  `portcullis entitlement trust-policy`",
        ),
        "AccessDenied" if said.contains("sts:SetSourceIdentity") => Some(
            "its trust policy has no statement that lets us set a source identity; print one \
                  with `portcullis entitlement trust-policy`",
        ),
        "AccessDenied" => Some("it does not trust this deployment, or does not exist"),
        "PackedPolicyTooLarge" => Some("its session policy and tags are too large once packed"),
        "MalformedPolicyDocument" => Some("its session policy is not taken"),
        "RegionDisabledException" => Some("STS is not activated in this region for its account"),
        _ => None,
    }
}
