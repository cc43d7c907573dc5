//! The hash chain of one history, written here and checked here.
//!
//! Law 19: verification fails on any mutation, deletion or reordering, and names
//! the first bad row. (What was cut off at the end of a chain shows only against
//! a checkpoint of the whole.)

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;

use crate::{
    Actor, Digest, Entry, Event, HistoryId, RawEntry, RequestId, raw_entry::without_hashes,
};

const TAG: &str = "portcullis/event/v1";

/// How far a history reaches: the number and the hash of its last entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// Entries so far.
    pub seq: u64,
    /// The hash of the last one, or zeros.
    pub head: Digest,
}

/// What is wrong with a row.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// Not an entry in its canonical form.
    #[error("this is not an entry as it was written")]
    Unreadable,
    /// Not the next entry of its history: something before it is missing,
    /// doubled or in another order.
    #[error("{history}: entry {expected} should stand here, not {found}")]
    OutOfSequence {
        /// Whose history it claims to be in.
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

impl Chain {
    /// Before the first entry.
    pub const START: Self = Self { seq: 0, head: Digest::ZERO };

    /// Writes down an event as the next entry.
    pub fn next(self, request: &RequestId, at: Timestamp, actor: Actor, event: Event) -> Entry {
        let mut entry = Entry {
            request: request.clone(),
            seq: self.seq + 1,
            at,
            actor,
            event,
            prev_hash: self.head,
            hash: Digest::ZERO,
        };
        entry.hash = self.seal(&entry);
        entry
    }

    /// The hash of an entry that follows here. Its own hashes are left out of it.
    pub(crate) fn seal(self, entry: &impl Serialize) -> Digest {
        hash_of(&without_hashes(serde_json::json!(entry)), self.head)
    }

    /// Takes a line as the next entry of its history.
    pub fn follow(self, line: &RawEntry) -> Result<Self, Flaw> {
        let (history, seq, expected) = (line.history.clone(), line.seq, self.seq + 1);
        if seq != expected {
            return Err(Flaw::OutOfSequence { history, expected, found: seq });
        }
        if line.prev_hash != self.head {
            return Err(Flaw::Unlinked(history, seq));
        }
        if hash_of(&line.hashed(), line.prev_hash) != line.hash {
            return Err(Flaw::Altered(history, seq));
        }
        Ok(Self { seq, head: line.hash })
    }
}

impl From<&Entry> for Chain {
    fn from(entry: &Entry) -> Self {
        Self { seq: entry.seq, head: entry.hash }
    }
}

fn hash_of(hashed: &[u8], prev_hash: Digest) -> Digest {
    Digest::of_bytes(TAG, &[prev_hash.as_bytes(), hashed])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> Vec<String> {
        let id = RequestId::from_random([7; 10]);
        let at = "2026-05-04T10:00:00Z".parse().unwrap();
        let events = [Event::Cancelled, Event::Activated, Event::Ended];
        let mut chain = Chain::START;
        let entries = events.map(|event| {
            let entry = chain.next(&id, at, Actor::System, event);
            chain = Chain::from(&entry);
            entry.to_line()
        });
        entries.to_vec()
    }

    fn verify(lines: &[String]) -> Result<Chain, Flaw> {
        lines.iter().try_fold(Chain::START, |chain, line| chain.follow(&line.parse()?))
    }

    #[test]
    fn a_history_as_written_is_accepted() {
        assert_eq!(verify(&history()).unwrap().seq, 3);
    }

    #[test]
    fn a_changed_byte_anywhere_is_found() {
        let lines = history();
        for (row, line) in lines.iter().enumerate() {
            for at in 0..line.len() {
                let mut bytes = line.clone().into_bytes();
                bytes[at] ^= 1;
                let mut changed = lines.clone();
                changed[row] = String::from_utf8_lossy(&bytes).into_owned();
                assert!(verify(&changed).is_err(), "row {row}, byte {at} was not missed");
            }
        }
    }

    #[test]
    fn one_entry_is_one_text_and_no_other() {
        let lines = history();
        for other in [
            lines[0].replacen(':', ": ", 1),
            format!("{} ", lines[0]),
            lines[0].replacen("actor", "\\u0061ctor", 1),
            lines[0].replacen('{', "{\"seq\":9,", 1),
        ] {
            assert_eq!(verify(&[other]), Err(Flaw::Unreadable));
        }
    }

    #[test]
    fn a_missing_doubled_or_moved_row_is_found() {
        let lines = history();
        let pick = |order: &[usize]| {
            verify(&order.iter().map(|&i| lines[i].clone()).collect::<Vec<_>>()).unwrap_err()
        };
        for (order, expected, found) in
            [(&[0, 2][..], 2, 3), (&[1, 2], 1, 2), (&[0, 0, 1, 2], 2, 1), (&[0, 2, 1], 2, 3)]
        {
            let history = HistoryId::Request(RequestId::from_random([7; 10]));
            assert_eq!(pick(order), Flaw::OutOfSequence { history, expected, found });
        }
    }

    #[test]
    fn a_row_that_was_renumbered_and_hashed_again_does_not_fit() {
        let lines = history();
        let id = RequestId::from_random([7; 10]);
        let forged = Chain { seq: 1, head: Digest::ZERO }.next(
            &id,
            "2026-05-04T10:00:00Z".parse().unwrap(),
            Actor::System,
            Event::Ended,
        );
        let unlinked = Flaw::Unlinked(HistoryId::Request(id), 2);
        assert_eq!(verify(&[lines[0].clone(), forged.to_line()]), Err(unlinked));
    }
}
