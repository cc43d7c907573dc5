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
        /// Who, why, and which way it came.
        answer: Statement,
        /// What was on the screen when they answered.
        shown: Shown,
    },
    /// The requester takes it back.
    Cancel {
        /// Who asks for it.
        by: Person,
    },
    /// Somebody wants it closed early. Who may, the rules in force say.
    Revoke(Statement),
    /// The requester wants credentials.
    Mint {
        /// Who asks for them.
        by: Person,
        /// When, and from where.
        call: CallContext,
    },
    /// Time has passed: let happen what is due.
    Tick,
    /// IAM has accepted the grant.
    Opened,
    /// Nothing of the grant is left in IAM.
    Closed,
    /// Nobody gets in with what was given out: a bar stands until this moment.
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
    /// Who gives the order.
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
