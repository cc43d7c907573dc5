//! What a person says to a request: yes, no, or that it is to end.

use serde::{Deserialize, Serialize};

use crate::value::{Basis, CallContext, Person, Reason};

/// An approver's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Deny,
}

impl Verdict {
    /// What the answer makes of the request, in words.
    pub fn as_yes_no(self) -> &'static str {
        match self {
            Self::Approve => "yes",
            Self::Deny => "no",
        }
    }
}

/// What somebody said, an approver's yes or no or an order to close early: whose it is,
/// why, and how it reached us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Who answered.
    pub by: Person,
    /// Why.
    pub reason: Reason,
    /// Which way the answer came.
    pub channel: Channel,
    /// When and from where.
    #[serde(rename = "situation")]
    pub call: CallContext,
    /// The rules that let them answer.
    pub basis: Basis,
}

/// Which way a decision came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The link in a mail: whoever holds it acts for the addressee.
    Link,
    /// The link, by its addressee: they signed in before they answered.
    SignedIn,
    /// A call to the API, by somebody the authoriser vouches for.
    Api,
}
