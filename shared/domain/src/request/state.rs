//! The states of a request.

use super::cause::Cause;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::value::Window;

/// The state of a request, with the facts that only this state has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// Waits for people to decide.
    Pending {
        /// The number of nudges so far.
        nudged: usize,
    },
    /// An approver said no.
    Denied,
    /// The requester cancelled it before it opened.
    Cancelled,
    /// The deadline passed without a decision.
    Expired,
    /// Approved, for a window that is still to come.
    Scheduled {
        /// The window. It was fixed on approval.
        window: Window,
    },
    /// Approved; the intent is on record, IAM follows.
    Activating {
        /// The window. It was fixed on approval.
        window: Window,
    },
    /// IAM has accepted the grant.
    Active {
        /// The window. It was fixed on approval.
        window: Window,
        /// Whether its end was announced.
        closing: bool,
        /// The time from which its sessions are worth nothing. `None` if there are none.
        live_until: Option<Timestamp>,
    },
    /// It shall be closed early; the intent is on record, IAM follows.
    Revoking {
        /// The window that was planned.
        window: Window,
        /// The time of the order.
        since: Timestamp,
        /// The time from which its sessions are worth nothing. `None` if there are none.
        live_until: Option<Timestamp>,
        /// Whether IAM was seen to have accepted the grant. Records without this field mean yes.
        #[serde(default = "yes")]
        opened: bool,
    },
    /// It was closed early, and nothing but a bar on its sessions is left behind.
    Revoked {
        /// The window that was planned.
        window: Window,
        /// The time of the order.
        since: Timestamp,
        /// The end of the bar on its sessions in IAM. `None` if there is no bar, or none any more.
        barred_until: Option<Timestamp>,
    },
    /// The window is over and nothing is left behind.
    Ended {
        /// The window in which it was open.
        window: Window,
    },
    /// It never opened, and nothing is left behind.
    Failed {
        /// The cause.
        cause: Cause,
    },
}

fn yes() -> bool {
    true
}

impl State {
    /// Whether IAM was seen to have accepted the grant. Once it is revoked, this is not known any
    /// more, and false.
    pub fn was_opened(&self) -> bool {
        match self {
            Self::Active { .. } | Self::Ended { .. } => true,
            Self::Revoking { opened, .. } => *opened,
            Self::Pending { .. }
            | Self::Denied
            | Self::Cancelled
            | Self::Expired
            | Self::Scheduled { .. }
            | Self::Activating { .. }
            | Self::Revoked { .. }
            | Self::Failed { .. } => false,
        }
    }

    /// The state after a recorded event. An activation that does not follow its intent opens
    /// nothing.
    pub(crate) fn after(self, event: &Event, at: Timestamp) -> Self {
        match (event, self) {
            (Event::Denied(_), _) => Self::Denied,
            (Event::Cancelled, _) => Self::Cancelled,
            (Event::Expired, _) => Self::Expired,
            (Event::Scheduled { window }, _) => Self::Scheduled { window: *window },
            (Event::Activating { window }, _) => Self::Activating { window: *window },
            (Event::Reminded | Event::Escalated { .. }, Self::Pending { nudged }) => {
                Self::Pending { nudged: nudged + 1 }
            }
            (Event::Activated, Self::Activating { window }) => {
                Self::Active { window, closing: false, live_until: None }
            }
            (Event::Closing, Self::Active { window, live_until, .. }) => {
                Self::Active { window, closing: true, live_until }
            }
            (Event::Minting { until, .. }, Self::Active { window, closing, live_until }) => {
                Self::Active { window, closing, live_until: live_until.max(Some(*until)) }
            }
            (Event::Ended, Self::Active { window, .. }) => Self::Ended { window },
            (Event::Revoking(_), Self::Scheduled { window } | Self::Activating { window }) => {
                Self::Revoking { window, since: at, live_until: None, opened: false }
            }
            (Event::Revoking(_), Self::Active { window, live_until, .. }) => {
                Self::Revoking { window, since: at, live_until, opened: true }
            }
            (Event::Revoked { barred_until }, Self::Revoking { window, since, .. }) => {
                Self::Revoked { window, since, barred_until: *barred_until }
            }
            (Event::Lifted, Self::Revoked { window, since, .. }) => {
                Self::Revoked { window, since, barred_until: None }
            }
            (Event::Failed { cause }, _) => Self::Failed { cause: cause.clone() },
            // One yes of several, and a review, leave the state as it is. So do the other events,
            // if they do not fit the state.
            (
                Event::Asked { .. }
                | Event::Approved(_)
                | Event::Reviewed { .. }
                | Event::ReviewOverdue
                | Event::Reminded
                | Event::Escalated { .. }
                | Event::Activated
                | Event::Closing
                | Event::Minting { .. }
                | Event::Revoking(_)
                | Event::Revoked { .. }
                | Event::Lifted
                | Event::Ended,
                state,
            ) => state,
        }
    }

    /// The name of the state.
    pub fn status(&self) -> Status {
        match self {
            Self::Pending { .. } => Status::Pending,
            Self::Denied => Status::Denied,
            Self::Cancelled => Status::Cancelled,
            Self::Expired => Status::Expired,
            Self::Scheduled { .. } => Status::Scheduled,
            Self::Activating { .. } => Status::Activating,
            Self::Active { .. } => Status::Active,
            Self::Revoking { .. } => Status::Revoking,
            Self::Revoked { .. } => Status::Revoked,
            Self::Ended { .. } => Status::Ended,
            Self::Failed { .. } => Status::Failed,
        }
    }

    /// The time of the order to close it early. `None` if there was none.
    pub fn revoked_at(&self) -> Option<Timestamp> {
        if let Self::Revoking { since, .. } | Self::Revoked { since, .. } = self {
            Some(*since)
        } else {
            None
        }
    }

    /// The end of the bar on its sessions. `None` unless it was revoked and the bar still stands.
    pub fn barred_until(&self) -> Option<Timestamp> {
        match *self {
            Self::Revoked { barred_until, .. } => barred_until,
            Self::Pending { .. }
            | Self::Denied
            | Self::Cancelled
            | Self::Expired
            | Self::Scheduled { .. }
            | Self::Activating { .. }
            | Self::Active { .. }
            | Self::Revoking { .. }
            | Self::Ended { .. }
            | Self::Failed { .. } => None,
        }
    }

    /// The window. `None` before the approval, and if it was cancelled or failed.
    pub fn window(&self) -> Option<Window> {
        match *self {
            Self::Scheduled { window }
            | Self::Activating { window }
            | Self::Active { window, .. }
            | Self::Revoking { window, .. }
            | Self::Revoked { window, .. }
            | Self::Ended { window } => Some(window),
            Self::Pending { .. }
            | Self::Denied
            | Self::Cancelled
            | Self::Expired
            | Self::Failed { .. } => None,
        }
    }

    /// The window of a grant that should be in IAM, or be given out, by the record alone: access
    /// is opening or open. `None` in every other state, in which nothing opens, whatever the rules
    /// say.
    pub fn open_window(&self) -> Option<Window> {
        match *self {
            Self::Activating { window } | Self::Active { window, .. } => Some(window),
            Self::Pending { .. }
            | Self::Denied
            | Self::Cancelled
            | Self::Expired
            | Self::Scheduled { .. }
            | Self::Revoking { .. }
            | Self::Revoked { .. }
            | Self::Ended { .. }
            | Self::Failed { .. } => None,
        }
    }

    /// The cause of its failure. `None` if it did not fail.
    pub fn failure(&self) -> Option<&Cause> {
        match self {
            Self::Failed { cause } => Some(cause),
            Self::Pending { .. }
            | Self::Denied
            | Self::Cancelled
            | Self::Expired
            | Self::Scheduled { .. }
            | Self::Activating { .. }
            | Self::Active { .. }
            | Self::Revoking { .. }
            | Self::Revoked { .. }
            | Self::Ended { .. } => None,
        }
    }
}

/// The name of a [`State`], as users and the index see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the state of the same name")]
pub enum Status {
    Pending,
    Denied,
    Cancelled,
    Expired,
    Scheduled,
    Activating,
    Active,
    Revoking,
    Revoked,
    Ended,
    Failed,
}

impl Status {
    /// The name as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Scheduled => "scheduled",
            Self::Activating => "activating",
            Self::Active => "active",
            Self::Revoking => "revoking",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }

    /// Whether people may decide, as far as the state says: the deadline is another matter.
    pub fn awaits_decision(self) -> bool {
        match self {
            Self::Pending => true,
            Self::Denied
            | Self::Cancelled
            | Self::Expired
            | Self::Scheduled
            | Self::Activating
            | Self::Active
            | Self::Revoking
            | Self::Revoked
            | Self::Ended
            | Self::Failed => false,
        }
    }

    /// Whether the state is final. Only a review or the lifting of a bar can follow.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Denied
            | Self::Cancelled
            | Self::Expired
            | Self::Revoked
            | Self::Ended
            | Self::Failed => true,
            Self::Pending | Self::Scheduled | Self::Activating | Self::Active | Self::Revoking => {
                false
            }
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
