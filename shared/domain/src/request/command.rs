//! Orders: what somebody, or time, wants to happen to a request.

use jiff::Timestamp;

use super::{
    cause::Cause,
    statement::{Statement, Verdict},
};
use crate::{
    history::Actor,
    value::{CallContext, Digest, Person},
};

/// An order: something somebody wants to happen to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// An approver answers.
    Decide {
        /// Yes or no.
        verdict: Verdict,
        /// The person, their reason, and the channel.
        answer: Statement,
        /// The digest of what the approver saw when they answered.
        shown: Shown,
    },
    /// The requester takes it back.
    Cancel {
        /// The requester.
        by: Person,
    },
    /// An order to close access early. The rules in force say who may give it.
    Revoke(Statement),
    /// The requester wants credentials.
    Mint {
        /// The requester.
        by: Person,
        /// The context of the call.
        call: CallContext,
    },
    /// Time has passed: let happen what is due.
    Tick,
    /// IAM has accepted the grant.
    Opened,
    /// The grant is gone from IAM.
    Closed,
    /// The sessions of the grant are barred until this time.
    Barred(Timestamp),
    /// The bar is gone.
    Lifted,
    /// The grant can never be opened, and nothing of it is left in IAM.
    GiveUp(Cause),
}

/// What an approver had before them when they answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The digest of the grant.
    pub digest: Digest,
    /// The version of the request.
    pub version: u64,
}

impl Command {
    /// The person who gives the order.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Decide { answer: Statement { by, .. }, .. }
            | Self::Revoke(Statement { by, .. })
            | Self::Mint { by, .. }
            | Self::Cancel { by } => Actor::Person(by.clone()),
            Self::Tick
            | Self::Opened
            | Self::Closed
            | Self::Barred(_)
            | Self::Lifted
            | Self::GiveUp(_) => Actor::System,
        }
    }
}
