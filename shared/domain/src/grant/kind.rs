//! The kinds of grant: the changes in AWS that last while a window is open.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    policy::{AddsUp, Guard, PolicyDocument},
    principal::{ExternalId, PolicyArn, Principal, RoleArn},
};
use crate::value::{Digest, Window, canonical};

/// What is shown to the approver, pinned on the request and put into IAM: the
/// same thing all the way, named by its [`digest`](Grant::digest).
///
/// A new kind of grant is a new variant here; the compiler then asks each place
/// that shows, opens or closes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Grant {
    /// One inline policy of its own, fenced with the window.
    InlinePolicy {
        /// The principal that carries the policy.
        on: Principal,
        /// The policy, without the fence.
        policy: PolicyDocument,
    },
    /// A managed policy, attached while the window lasts. There is no fence: it is a
    /// document of somebody else's.
    ManagedPolicy {
        /// The principal that the policy is attached to.
        on: Principal,
        /// The ARN of the policy.
        policy: PolicyArn,
    },
    /// Nothing in IAM: credentials of a role, as often as they are asked for while the
    /// window lasts, each with a session policy that is fenced with it.
    Session {
        /// The ARN of the role.
        role: RoleArn,
        /// Whether it is in the account of Portcullis, where a session can be barred.
        here: bool,
        /// What its owner wants to hear from us.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<ExternalId>,
        /// What of the role's rights a session has; with neither this nor `policies`, all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<PolicyDocument>,
        /// The same, by managed policies.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        policies: BTreeSet<PolicyArn>,
    },
}

impl Grant {
    /// Whether its window is written into it, so that it is worth nothing outside.
    pub fn has_a_fence(&self) -> bool {
        match self {
            Self::InlinePolicy { .. } | Self::Session { .. } => true,
            Self::ManagedPolicy { .. } => false,
        }
    }

    /// Names the content of the grant; the approver's yes is to this digest.
    pub fn digest(&self) -> Digest {
        Digest::of("portcullis/grant/v1", self)
    }

    /// The principal that gets it in IAM. None for a session, which puts nothing there.
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::InlinePolicy { on, .. } | Self::ManagedPolicy { on, .. } => Some(on),
            Self::Session { .. } => None,
        }
    }

    /// What it opens, as IAM is told.
    pub fn text(&self) -> String {
        match self {
            Self::InlinePolicy { policy, .. } => policy.to_json(),
            Self::ManagedPolicy { policy, .. } => policy.to_string(),
            Self::Session { .. } => String::from_utf8_lossy(&canonical(self)).into_owned(),
        }
    }

    /// Whether credentials are minted for it. They are asked for while it is open.
    pub fn is_minted(&self) -> bool {
        match self {
            Self::Session { .. } => true,
            Self::InlinePolicy { .. } | Self::ManagedPolicy { .. } => false,
        }
    }

    /// The managed policy that it attaches; none for the other kinds.
    pub fn attached_policy(&self) -> Option<&PolicyArn> {
        match self {
            Self::ManagedPolicy { policy, .. } => Some(policy),
            Self::InlinePolicy { .. } | Self::Session { .. } => None,
        }
    }

    /// Whether those who hold it can be kept out at once, by something put into IAM.
    pub(crate) fn can_be_barred(&self) -> bool {
        match self {
            Self::Session { here, .. } => *here,
            Self::InlinePolicy { .. } | Self::ManagedPolicy { .. } => false,
        }
    }

    /// The policy a session is given, where this is granted by session.
    /// Where it could reach Portcullis itself, it is kept from that, if there is room.
    pub fn session_policy(&self, window: Window, guard: &Guard) -> Option<String> {
        let (policy, policies) = match self {
            Self::Session { policy, policies, .. } => (policy, policies),
            Self::InlinePolicy { .. } | Self::ManagedPolicy { .. } => return None,
        };
        let everything = || policies.is_empty().then(PolicyDocument::everything);
        let adds_up = if policies.is_empty() { AddsUp::Alone } else { AddsUp::WithManaged };
        let policy = (policy.clone().or_else(everything), adds_up);
        Some(PolicyDocument::shut_outside(window, policy, guard))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_user_or_another_policy_is_another_digest() {
        let grant = |user: &str, action: &str| Grant::InlinePolicy {
            on: Principal::User(user.parse().unwrap()),
            policy: PolicyDocument::from_json(&format!(
                r#"{{"Version":"2012-10-17","Statement":[
                   {{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
            ))
            .unwrap(),
        };
        let ann = grant("ann", "s3:GetObject").digest();
        assert_eq!(ann, grant("ann", "s3:GetObject").digest());
        assert_ne!(ann, grant("bob", "s3:GetObject").digest());
        assert_ne!(ann, grant("ann", "s3:PutObject").digest());
    }
}
