//! Answers on record, and the review of access that was opened by breaking glass.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::statement::{Statement, Verdict};

/// The answer of an approver or a reviewer, on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Yes or no.
    pub verdict: Verdict,
    /// The person, their reason, and the channel.
    #[serde(flatten)]
    pub answer: Statement,
    /// The time of the answer.
    pub at: Timestamp,
}

/// The state of the review of access that was opened by breaking glass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Review {
    /// The review is still to be given.
    Open {
        /// The first instant at which the review is overdue.
        review_by: Timestamp,
    },
    /// The review is overdue. It stays open.
    Overdue {
        /// The time at which it became overdue.
        review_by: Timestamp,
    },
    /// The review was given.
    Done(Decision),
}
