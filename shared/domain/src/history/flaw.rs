//! The flaws that a row of a history can have.

use thiserror::Error;

use super::history_id::HistoryId;

/// A flaw of a row.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// Not an entry in its canonical form.
    #[error("this is not an entry as it was written")]
    Unreadable,
    /// Not the next entry of its history: an entry before it is missing, doubled or in another
    /// order.
    #[error("{history}: entry {expected} should stand here, not {found}")]
    OutOfSequence {
        /// The history that the row claims to be part of.
        history: HistoryId,
        /// The place it should have.
        expected: u64,
        /// The place it claims.
        found: u64,
    },
    /// It does not follow the entry before it.
    #[error("{0}, entry {1}: it does not follow the entry before it")]
    Unlinked(HistoryId, u64),
    /// Its content is not what was hashed.
    #[error("{0}, entry {1}: its content is not what was hashed")]
    Altered(HistoryId, u64),
}
