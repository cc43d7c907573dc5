//! Answers on record, and the review of what was opened without being asked first.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::statement::{Statement, Verdict};

/// One approver's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Yes or no.
    pub verdict: Verdict,
    /// Who, why, and which way it came.
    #[serde(flatten)]
    pub answer: Statement,
    /// When.
    pub at: Timestamp,
}

/// Whether somebody has looked at what was opened without being asked first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Review {
    /// Not yet.
    Open {
        /// When it is overdue.
        review_by: Timestamp,
    },
    /// Not yet, and it should have been done.
    Overdue {
        /// When it became overdue.
        review_by: Timestamp,
    },
    /// Somebody has.
    Done(Decision),
}
