//! The kinds of grant: the changes in AWS that last while a window is open.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    policy::{AddsUp, Guard, PolicyDocument},
    principal::{ExternalId, PolicyArn, Principal, RoleArn},
};
use crate::value::{Digest, Window, canonical_text};

/// A grant, which is shown to the approver, pinned on the request and put into IAM. It is the same
/// all the way, and named by its [`digest`](Grant::digest).
///
/// A new kind of grant is a new variant here. The compiler then names each place that shows, opens
/// or closes one.
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
    /// A managed policy, attached while the window lasts. It has no fence, because the document is
    /// not ours.
    ManagedPolicy {
        /// The principal that the policy is attached to.
        on: Principal,
        /// The ARN of the policy.
        policy: PolicyArn,
    },
    /// Credentials of a role, as often as the requester asks for them while the window lasts. Each
    /// session has a policy that is fenced with the window. Nothing is put into IAM.
    Session {
        /// The ARN of the role.
        role: RoleArn,
        /// Whether the role is in the account of Portcullis, where a session can be barred.
        here: bool,
        /// The external id that the owner of the role requires, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<ExternalId>,
        /// The policy that limits a session within the role's rights. With neither this nor
        /// `policies`, a session has all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<PolicyDocument>,
        /// The managed policies that limit a session. They add to `policy`.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        policies: BTreeSet<PolicyArn>,
    },
}

impl Grant {
    /// Whether the window is written into it, so that it has no effect outside.
    pub fn has_a_fence(&self) -> bool {
        match self {
            Self::InlinePolicy { .. } | Self::Session { .. } => true,
            Self::ManagedPolicy { .. } => false,
        }
    }

    /// The digest that names the content of the grant. The approver's yes is to this digest.
    pub fn digest(&self) -> Digest {
        Digest::of("portcullis/grant/v1", self)
    }

    /// The principal that gets it in IAM. `None` for a session, which puts nothing there.
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::InlinePolicy { on, .. } | Self::ManagedPolicy { on, .. } => Some(on),
            Self::Session { .. } => None,
        }
    }

    /// The inline policy without its fence, the ARN of the managed policy, or the canonical JSON of
    /// a session grant.
    pub fn text(&self) -> String {
        match self {
            Self::InlinePolicy { policy, .. } => policy.to_json(),
            Self::ManagedPolicy { policy, .. } => policy.to_string(),
            Self::Session { .. } => canonical_text(self),
        }
    }

    /// Whether credentials are minted for it, while it is open.
    pub fn is_minted(&self) -> bool {
        match self {
            Self::Session { .. } => true,
            Self::InlinePolicy { .. } | Self::ManagedPolicy { .. } => false,
        }
    }

    /// The managed policy that it attaches. `None` for the other kinds.
    pub fn attached_policy(&self) -> Option<&PolicyArn> {
        match self {
            Self::ManagedPolicy { policy, .. } => Some(policy),
            Self::InlinePolicy { .. } | Self::Session { .. } => None,
        }
    }

    /// The role whose sessions can be barred at once, by a policy that is put on it. `None` if the
    /// grant gives no sessions, or sessions of a role in another account.
    pub fn barred_role(&self) -> Option<Principal> {
        match self {
            Self::Session { role, here: true, .. } => role.principal(),
            Self::Session { here: false, .. }
            | Self::InlinePolicy { .. }
            | Self::ManagedPolicy { .. } => None,
        }
    }

    /// The policy of a session in this window. It denies the parts of Portcullis if it could reach
    /// them and there is room. `None` for the other kinds.
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
