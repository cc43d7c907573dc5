//! Events: the unit of storage and of audit.

use super::statement::Statement;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{cause::Cause, statement::Verdict, terms::Terms};
use crate::value::{Basis, CallContext, Person, Window};

/// An event in the life of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A request was submitted. The event carries all of its terms, as they were shown and pinned.
    Asked {
        /// The terms: the draft, the requester, and the people who may decide.
        #[serde(rename = "ask")]
        terms: Box<Terms>,
    },
    /// One approver said yes.
    Approved(Statement),
    /// One approver said no, which settles it.
    Denied(Statement),
    /// The requester cancelled the request.
    Cancelled,
    /// The deadline passed without a decision.
    Expired,
    /// The approvers who have not answered are asked again.
    Reminded,
    /// The request still waits, and others are notified.
    Escalated {
        /// The people who are notified.
        to: BTreeSet<Person>,
    },
    /// The request is approved, for a window that is still to come.
    Scheduled {
        /// The window. It is fixed on approval and never changed.
        window: Window,
    },
    /// The request is approved, and access shall be open in this window.
    Activating {
        /// The window. It is fixed on approval and never changed.
        window: Window,
    },
    /// IAM has accepted the grant.
    Activated,
    /// The end of the window is near.
    Closing,
    /// A person ordered that access be closed early: it must be gone now.
    Revoking(Statement),
    /// It was closed early and is gone from IAM.
    Revoked {
        /// The end of the bar on its sessions. `None` if none are barred.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        barred_until: Option<Timestamp>,
    },
    /// The last session has died, and the bar is gone.
    Lifted,
    /// Credentials are about to be given out.
    Minting {
        /// The time from which the credentials are worth nothing, whatever happens.
        until: Timestamp,
        /// The context of the call that asked for them.
        #[serde(rename = "situation")]
        call: CallContext,
    },
    /// The window is over and the grant is gone from IAM.
    Ended,
    /// Access could not be opened; nothing is left in IAM.
    Failed {
        /// The cause.
        cause: Cause,
    },
    /// A person reviewed access that was opened without approval.
    Reviewed {
        /// Whether it was in order.
        verdict: Verdict,
        /// The reviewer and their statement.
        answer: Statement,
    },
    /// The review is overdue. It stays open.
    ReviewOverdue,
}

impl Event {
    /// The names of all events.
    pub const KINDS: [&'static str; 19] = [
        "asked",
        "approved",
        "denied",
        "cancelled",
        "expired",
        "reminded",
        "escalated",
        "scheduled",
        "activating",
        "activated",
        "closing",
        "revoking",
        "revoked",
        "lifted",
        "minting",
        "ended",
        "failed",
        "reviewed",
        "review_overdue",
    ];

    /// The yes or no that a person gave, as a decision or in a review. `None` for other events.
    pub fn said(&self) -> Option<(Verdict, &Statement)> {
        match self {
            Self::Approved(answer) => Some((Verdict::Approve, answer)),
            Self::Denied(answer) => Some((Verdict::Deny, answer)),
            Self::Reviewed { verdict, answer } => Some((*verdict, answer)),
            Self::Asked { .. }
            | Self::Cancelled
            | Self::Expired
            | Self::Reminded
            | Self::Escalated { .. }
            | Self::Scheduled { .. }
            | Self::Activating { .. }
            | Self::Activated
            | Self::Closing
            | Self::Revoking(_)
            | Self::Revoked { .. }
            | Self::Lifted
            | Self::Minting { .. }
            | Self::Ended
            | Self::Failed { .. }
            | Self::ReviewOverdue => None,
        }
    }

    /// The rules that the event rests on. `None` if it rests on none.
    pub fn basis(&self) -> Option<&Basis> {
        if let Self::Asked { terms } = self {
            return Some(&terms.basis);
        }
        let ending = if let Self::Revoking(answer) = self { Some(answer) } else { None };
        let answer = ending.or_else(|| self.said().map(|(_, answer)| answer))?;
        Some(&answer.basis)
    }

    /// The name of the event, as the record and the bus carry it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "asked",
            Self::Approved(_) => "approved",
            Self::Denied(_) => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Reminded => "reminded",
            Self::Escalated { .. } => "escalated",
            Self::Scheduled { .. } => "scheduled",
            Self::Activating { .. } => "activating",
            Self::Activated => "activated",
            Self::Closing => "closing",
            Self::Revoking(_) => "revoking",
            Self::Revoked { .. } => "revoked",
            Self::Lifted => "lifted",
            Self::Minting { .. } => "minting",
            Self::Ended => "ended",
            Self::Failed { .. } => "failed",
            Self::Reviewed { .. } => "reviewed",
            Self::ReviewOverdue => "review_overdue",
        }
    }
}
