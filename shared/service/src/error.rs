//! Two kinds of error: answers that say no, and failures of ours.

use std::fmt;

use domain::{
    grant::RoleArn,
    request::{Refusal, Unproven},
};
use rules::Denial;
use thiserror::Error;

/// Longest name of an object in a fault, in characters.
const LONGEST_NAME: usize = 200;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A failure of ours or of AWS. It is retried, logged once with all its causes where it is
/// handled, and never shown to users.
#[derive(Error)]
#[error("could not {what}{}", .object.as_ref().map(|object| format!(" {object}")).unwrap_or_default())]
pub struct Fault {
    what: &'static str,
    object: Option<String>,
    kind: FaultKind,
    #[source]
    source: Source,
}

/// The kinds of fault that callers treat differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FaultKind {
    Other,
    Throttled,
    NotPermitted,
    Unreadable,
}

/// Without its cause, which may quote what was read (law 21): logs take the causes one by one,
/// each in words that quote nothing.
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, object, kind, .. } = self;
        let mut fault = f.debug_struct("Fault");
        fault.field("what", what).field("object", object).field("kind", kind);
        fault.finish_non_exhaustive()
    }
}

impl Fault {
    /// A failure to do `what`: a verb and its object, such as `read request`. If one object of
    /// many is meant, [`on`](Self::on) names it.
    pub fn new(what: &'static str, source: impl Into<Source>) -> Self {
        Self { what, object: None, kind: FaultKind::Other, source: source.into() }
    }

    /// Names the object of the fault. A name that comes from outside cannot break a log line:
    /// control characters are escaped, and it is cut off after 200 characters.
    #[must_use]
    pub fn on(self, object: impl fmt::Display) -> Self {
        let object = object.to_string();
        let object = object.escape_debug().take(LONGEST_NAME).collect();
        Self { object: Some(object), ..self }
    }

    /// Marks the fault as throttling: there were too many calls.
    #[must_use]
    pub fn throttled(self) -> Self {
        Self { kind: FaultKind::Throttled, ..self }
    }

    /// Marks the fault as a refusal of AWS: we may not make this call.
    #[must_use]
    pub fn not_permitted(self) -> Self {
        Self { kind: FaultKind::NotPermitted, ..self }
    }

    /// Marks the fault as unreadable data: a stored value is not one that we would have written.
    #[must_use]
    pub fn unreadable(self) -> Self {
        Self { kind: FaultKind::Unreadable, ..self }
    }

    /// Whether a stored value is not one that we would have written.
    pub fn is_unreadable(&self) -> bool {
        self.kind == FaultKind::Unreadable
    }

    /// Whether fewer calls at a time would have helped.
    pub fn is_throttled(&self) -> bool {
        self.kind == FaultKind::Throttled
    }

    /// Whether AWS says that we may not make this call.
    pub fn is_not_permitted(&self) -> bool {
        self.kind == FaultKind::NotPermitted
    }
}

/// The reason why a use case stopped: an answer that says no, or a fault.
#[derive(Debug, Error)]
pub enum Error {
    /// The request does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The rules do not allow it.
    #[error("the rules do not allow it")]
    Denied(Vec<Denial>),
    /// There is no such request, or this person may not see it.
    #[error("there is no such request")]
    NotFound,
    /// The idempotency key was used with another body.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// AWS gives no session: the role does not trust us, or does not take the policy or the tags
    /// of the session.
    #[error("AWS gives no session of {role}: {why}")]
    NotMinted {
        /// The role.
        role: RoleArn,
        /// The reason.
        why: &'static str,
    },
    /// The history of the request does not lead to what is stored of it.
    #[error("the record of this request does not prove it: {0}")]
    Unproven(#[from] Unproven),
    /// Other commits came first, again and again.
    #[error("the request is being changed by others; try again")]
    Contended,
    /// A failure of ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_printed_for_debugging_tells_what_failed_and_not_what_was_read() {
        let fault =
            Fault::new("read request", "expected `reason`, found `my password`").on("REQ#01");
        assert_eq!(fault.to_string(), "could not read request REQ#01");
        let printed = format!("{fault:?}") + &format!("{:#?}", Error::from(fault));
        assert!(printed.contains("read request") && printed.contains("REQ#01"), "{printed}");
        assert!(!printed.contains("password"), "law 21: {printed}");
    }
}
