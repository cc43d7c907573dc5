//! What happened: the unit of storage and of audit.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Basis, CallContext, Cause, Digest, Person, Reason, RequestId, Terms, Verdict, Window, canonical,
};

/// What happened to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// Somebody asked. Carries the whole ask, as it was shown and pinned.
    Asked {
        /// What was asked, by whom, and who may decide.
        #[serde(rename = "ask")]
        terms: Box<Terms>,
    },
    /// One approver said yes.
    Approved(Statement),
    /// One approver said no, which settles it.
    Denied(Statement),
    /// The requester took it back.
    Cancelled,
    /// Nobody decided in time.
    Expired,
    /// Nobody has decided, and whoever was asked is asked again.
    Reminded,
    /// Nobody has decided, and others hear of it.
    Escalated {
        /// Who.
        to: BTreeSet<Person>,
    },
    /// The last yes is in, for a window that is still to come.
    Scheduled {
        /// Fixed now, never later.
        window: Window,
    },
    /// The last yes is in: access shall be open in this window.
    Activating {
        /// Fixed now, never later.
        window: Window,
    },
    /// IAM has accepted the grant.
    Activated,
    /// The end of the window is near.
    Closing,
    /// Somebody wants it closed early: access shall be gone now.
    Revoking(Statement),
    /// It was closed early and is gone from IAM.
    Revoked {
        /// Until when a bar on its sessions stands, if there are any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        barred_until: Option<Timestamp>,
    },
    /// The last session has died, and the bar is gone.
    Lifted,
    /// Credentials are about to be given out.
    Minting {
        /// From when on they are worth nothing, whatever happens.
        until: Timestamp,
        /// When and from where they were asked for.
        #[serde(rename = "situation")]
        call: CallContext,
    },
    /// The window is over and the grant is gone from IAM.
    Ended,
    /// Access could not be opened; nothing is left in IAM.
    Failed {
        /// Why.
        cause: Cause,
    },
    /// Somebody looked at what was opened without being asked first.
    Reviewed {
        /// Whether it was in order.
        verdict: Verdict,
        /// Who says so, and why.
        answer: Statement,
    },
    /// Nobody did, in time. It stays open.
    ReviewOverdue,
}

impl Event {
    /// The yes or no that somebody gave, to the ask or in a review of it.
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

    /// The rules that it rests on, where it rests on any.
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

/// Who made something happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person of the directory.
    Person(Person),
    /// A caller of AWS, by ARN: an administrator with credentials of their own.
    Caller(String),
    /// Portcullis itself, doing what was already on record.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => fmt::Display::fmt(person, f),
            Self::Caller(arn) => f.write_str(arn),
            Self::System => f.write_str("portcullis"),
        }
    }
}

/// One event on record: when, who, what, and its link in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The request it happened to.
    pub request: RequestId,
    /// Its place in the request's history: 1, 2, 3, without gaps.
    pub seq: u64,
    /// When it was decided, in UTC.
    pub at: Timestamp,
    /// Who made it happen.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
    /// The hash of the entry before, or zeros for the first.
    pub prev_hash: Digest,
    /// `SHA-256(tag ‖ 0 ‖ prev_hash ‖ canonical bytes of everything above)`.
    pub hash: Digest,
}

impl Entry {
    /// The entry as one canonical line: what is stored, copied and exported.
    pub fn to_line(&self) -> String {
        String::from_utf8_lossy(&canonical(self)).into_owned()
    }
}
