//! Comparing the audit table with the checkpoints, online.

use std::collections::BTreeSet;

use aws::dynamo::AuditRow;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::digest_of;
use crate::{checkpoints::VerifiedCheckpoints, verify::Finding};

/// Time in which a row may wait for its checkpoint: one is made every five minutes.
const PENDING: SignedDuration = SignedDuration::from_mins(15);

/// The first reason for which the audit table is not what the checkpoints say.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BrokenTable {
    /// A row is in no checkpoint: it was not put by `audit`, or was changed after it was covered.
    #[error("the row {0} of the audit table is in no checkpoint")]
    NotCovered(String),
    /// A row is under another key, or in another place of the index, than its entry has.
    #[error("the row {0} of the audit table is not where its entry belongs")]
    Misplaced(String),
    /// Entries that checkpoints cover have no row.
    #[error(
        "the audit table lacks {0} entries that checkpoints cover; copy them with `portcullis audit backfill`"
    )]
    Lacks(usize),
}

impl BrokenTable {
    /// The kind of the finding.
    pub fn finding(&self) -> Finding {
        match self {
            Self::NotCovered(_) | Self::Misplaced(_) => Finding::Altered,
            Self::Lacks(_) => Finding::Missing,
        }
    }
}

/// Compares all rows of the audit table with verified checkpoints. Returns the number of rows that
/// are too young to be covered.
pub fn compare(
    rows: &[AuditRow],
    verified: &VerifiedCheckpoints,
    now: Timestamp,
) -> Result<usize, BrokenTable> {
    let (mut there, mut pending) = (BTreeSet::new(), 0);
    for row in rows {
        let digest = digest_of(&row.line);
        if verified.covered.contains(&digest) {
            if !row.is_in_place {
                return Err(BrokenTable::Misplaced(row.name.escape_debug().to_string()));
            }
            there.insert(digest);
        } else if row.arrived_at.is_some_and(|at| at <= now && at.duration_until(now) < PENDING) {
            pending += 1;
        } else {
            return Err(BrokenTable::NotCovered(row.name.escape_debug().to_string()));
        }
    }
    match verified.covered.len() - there.len() {
        0 => Ok(pending),
        lacking => Err(BrokenTable::Lacks(lacking)),
    }
}
