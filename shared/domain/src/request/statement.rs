//! The statements of people about a request: yes, no, or an order to end it.

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
    /// The verb for the answer, as people read it.
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
    /// The person.
    pub by: Person,
    /// Their reason.
    pub reason: Reason,
    /// The channel of the answer.
    pub channel: Channel,
    /// The context of the call.
    #[serde(rename = "situation")]
    pub call: CallContext,
    /// The rules that let them answer.
    pub basis: Basis,
}

/// The channel by which a decision came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The link in a mail. Its holder acts for the addressee.
    Link,
    /// The link, by its addressee: they signed in before they answered.
    SignedIn,
    /// A call to the API, by somebody the authoriser vouches for.
    Api,
}
