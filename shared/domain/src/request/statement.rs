//! The statements of people about a request: yes, no, or an order to end it.

use serde::{Deserialize, Serialize};

use crate::value::{Basis, CallContext, Person, Reason};

/// The yes or no of an approver or a reviewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Deny,
}

impl Verdict {
    /// The answer as people read it: `yes` or `no`.
    pub fn as_yes_no(self) -> &'static str {
        match self {
            Self::Approve => "yes",
            Self::Deny => "no",
        }
    }
}

/// A statement of a person: an answer of yes or no, or an order to close access early. It says who
/// made it, why, and by which channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The person.
    pub by: Person,
    /// Their reason.
    pub reason: Reason,
    /// The channel of the statement.
    pub channel: Channel,
    /// The context of the call.
    #[serde(rename = "situation")]
    pub call: CallContext,
    /// The rules that permit the statement.
    pub basis: Basis,
}

/// The channel by which a statement came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The link in a mail. Its holder acts for the addressee.
    Link,
    /// The link in a mail, by its addressee, who signed in before they answered.
    SignedIn,
    /// A call to the API, by a person the authoriser vouches for.
    Api,
}
