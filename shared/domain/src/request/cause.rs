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
