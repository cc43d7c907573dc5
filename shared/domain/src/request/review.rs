//! Answers on record, and the review of what was opened without being asked first.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::statement::{Statement, Verdict};

/// One approver's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Yes or no.
    pub verdict: Verdict,
    /// The reviewer, their reason, and the channel.
    #[serde(flatten)]
    pub answer: Statement,
    /// The time of the review.
    pub at: Timestamp,
}

/// Whether somebody has looked at what was opened without being asked first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Review {
    /// Not yet.
    Open {
        /// The time after which the review is overdue.
        review_by: Timestamp,
    },
    /// Not yet, and it should have been done.
    Overdue {
        /// The time at which it became overdue.
        review_by: Timestamp,
    },
    /// The review was given.
    Done(Decision),
}
