//! The hash chain of one history, which is written and checked here.
//!
//! Law 19: verification fails on any mutation, deletion or reordering, and names the first bad row.
//! (Entries that were cut off at the end of a chain are noticed only against a checkpoint of the
//! whole.)

use serde::Serialize;

use super::{
    flaw::Flaw,
    raw_entry::{RawEntry, hash_of, without_hashes},
};
use crate::value::Digest;

/// The end of a history: the number and the hash of its last entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// The number of entries so far.
    pub seq: u64,
    /// The hash of the last entry, or zeros if there is none.
    pub head: Digest,
}

impl Chain {
    /// The empty history, before its first entry.
    pub const START: Self = Self { seq: 0, head: Digest::ZERO };

    /// The hash of the next entry. It covers the entry without its hashes, and the hash before.
    pub(crate) fn seal(self, entry: &impl Serialize) -> Digest {
        hash_of(&without_hashes(serde_json::json!(entry)), self.head)
    }

    /// Checks that a raw entry is the next of its history. Returns the end of the history after it.
    pub fn follow(self, line: &RawEntry) -> Result<Self, Flaw> {
        let (history, seq, expected) = (line.history.clone(), line.seq, self.seq.saturating_add(1));
        if seq != expected {
            return Err(Flaw::OutOfSequence { history, expected, found: seq });
        }
        if line.prev_hash != self.head {
            return Err(Flaw::Unlinked(history, seq));
        }
        if !line.is_as_hashed() {
            return Err(Flaw::Altered(history, seq));
        }
        Ok(Self { seq, head: line.hash })
    }
}
