//! Why access could not be opened.

use serde::{Deserialize, Serialize};

/// Why access could not be opened, however often it were tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The IAM user or role does not exist.
    PrincipalGone,
    /// Another user or role has its name by now.
    PrincipalReplaced,
    /// The managed policy does not exist.
    PolicyGone,
    /// IAM's quota for policies on this user or role is used up.
    LimitExceeded,
    /// IAM does not take the policy.
    PolicyRefused,
    /// Portcullis may not give access to this user or role.
    NotPermitted,
    /// The window passed while AWS could not be reached.
    TooLate,
    /// The rules have changed since it was approved, and say no now.
    RulesChanged {
        /// Why they do.
        reasons: Vec<String>,
    },
}

impl Cause {
    /// The cause in words, with what to do about it.
    pub fn advice(&self) -> String {
        let fixed = match self {
            Self::PrincipalGone => {
                "the IAM user or role does not exist any more; ask an administrator"
            }
            Self::PrincipalReplaced => {
                "another IAM user or role has its name by now, and was not meant; ask again"
            }
            Self::PolicyGone => "the managed policy does not exist; ask an administrator",
            Self::LimitExceeded => {
                "the IAM user or role has no room for another policy; wait until another grant ends"
            }
            Self::PolicyRefused => {
                "IAM does not accept the policy of this entitlement; ask an administrator to mend it"
            }
            Self::NotPermitted => {
                "this deployment may not give access to the IAM user or role; ask an administrator"
            }
            Self::TooLate => "it could not be opened while its window lasted; ask again",
            Self::RulesChanged { reasons } => {
                return format!("the rules have changed since: {}; ask again", reasons.join("; "));
            }
        };
        fixed.to_owned()
    }
}
