//! The causes for which access could not be opened.

use serde::{Deserialize, Serialize};

/// A cause for which access could not be opened. No retry removes it.
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
    /// The window passed before access could be opened.
    TooLate,
    /// The rules have changed since the approval, and now say no.
    RulesChanged {
        /// The reasons of the rules.
        reasons: Vec<String>,
    },
}
