//! Two kinds of error: answers that say no, and failures of ours.

use domain::{
    grant::RoleArn,
    request::{Refusal, Unproven},
};
use rules::Denial;
use thiserror::Error;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Something of ours or of AWS did not work. It is retried, logged once where it
/// is handled with all its causes, and never shown to users.
#[derive(Debug, Error)]
#[error("{what}")]
pub struct Fault {
    what: &'static str,
    kind: FaultKind,
    #[source]
    source: Source,
}

/// Marks of a fault besides its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FaultKind {
    Other,
    Throttled,
    NotPermitted,
    Unreadable,
}

impl Fault {
    /// A failure to do `what`, with its cause.
    pub fn new(what: &'static str, source: impl Into<Source>) -> Self {
        Self { what, kind: FaultKind::Other, source: source.into() }
    }

    /// The same, because there were too many calls.
    #[must_use]
    pub fn throttled(self) -> Self {
        Self { kind: FaultKind::Throttled, ..self }
    }

    /// The same, because AWS says that we may not.
    #[must_use]
    pub fn not_permitted(self) -> Self {
        Self { kind: FaultKind::NotPermitted, ..self }
    }

    /// The same, because what is there is not what we would have written.
    #[must_use]
    pub fn unreadable(self) -> Self {
        Self { kind: FaultKind::Unreadable, ..self }
    }

    /// Whether what is there is not what we would have written.
    pub fn is_unreadable(&self) -> bool {
        self.kind == FaultKind::Unreadable
    }

    /// Whether fewer calls at a time would have helped.
    pub fn is_throttled(&self) -> bool {
        self.kind == FaultKind::Throttled
    }

    /// Whether AWS says that we may not.
    pub fn is_not_permitted(&self) -> bool {
        self.kind == FaultKind::NotPermitted
    }
}

/// Why a story did not go on.
#[derive(Debug, Error)]
pub enum Error {
    /// The request does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The rules do not allow it.
    #[error("the rules do not allow it")]
    Denied(Vec<Denial>),
    /// There is no such request, or not for this person.
    #[error("there is no such request")]
    NotFound,
    /// The idempotency key was used with another body.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// The role does not let us, or does not take what a session is given.
    #[error("AWS gives no session of {role}: {why}")]
    NotMinted {
        /// The role.
        role: RoleArn,
        /// Why.
        why: &'static str,
    },
    /// What is stored of the request is not what its history leads to.
    #[error("the record of this request does not prove it: {0}")]
    Unproven(#[from] Unproven),
    /// Others were faster, again and again.
    #[error("the request is being changed by others; try again")]
    Contended,
    /// A failure of ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}
