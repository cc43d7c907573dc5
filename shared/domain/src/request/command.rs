//! Commands: orders of people to a request, and reports of the worker about it.

use jiff::Timestamp;

use super::{
    cause::Cause,
    statement::{Statement, Verdict},
};
use crate::{
    history::Actor,
    value::{CallContext, Digest, Person},
};

/// An order of a person to a request, or a report of the worker about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// An approver or a reviewer answers.
    Decide {
        /// Yes or no.
        verdict: Verdict,
        /// The person, their reason, and the channel.
        answer: Statement,
        /// The grant and the version that they saw when they answered.
        shown: Shown,
    },
    /// The requester cancels the request.
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
    /// Time has passed, and events may be due.
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

/// The grant and the version of a request that an approver saw when they answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The digest of the grant.
    pub digest: Digest,
    /// The version of the request.
    pub version: u64,
}

impl Command {
    /// The actor: the person who gives the order, or the system for every other command.
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
