//! One event on record, and its link in the chain.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::{
    history::{Actor, Chain},
    value::{Digest, RequestId, canonical_text},
};

/// One event on record, with its time, its actor, and its link in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The request it happened to.
    pub request: RequestId,
    /// Its place in the request's history: 1, 2, 3, without gaps.
    pub seq: u64,
    /// The time of the decision, in UTC.
    pub at: Timestamp,
    /// The actor of the event.
    pub actor: Actor,
    /// The event.
    pub event: Event,
    /// The hash of the entry before, or zeros for the first.
    pub prev_hash: Digest,
    /// `SHA-256(tag ‖ 0 ‖ prev_hash ‖ canonical bytes of the fields without the hashes)`.
    pub hash: Digest,
}

impl Entry {
    /// Makes an event the next entry of a history.
    pub fn next(
        chain: Chain,
        request: &RequestId,
        at: Timestamp,
        actor: Actor,
        event: Event,
    ) -> Self {
        let mut entry = Self {
            request: request.clone(),
            seq: chain.seq + 1,
            at,
            actor,
            event,
            prev_hash: chain.head,
            hash: Digest::ZERO,
        };
        entry.hash = chain.seal(&entry);
        entry
    }

    /// The entry as one canonical line, which is stored, copied and exported.
    pub fn to_line(&self) -> String {
        canonical_text(self)
    }
}

impl From<&Entry> for Chain {
    fn from(entry: &Entry) -> Self {
        Self { seq: entry.seq, head: entry.hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Flaw, HistoryId};

    fn history() -> Vec<String> {
        let id = RequestId::from_random([7; 10]);
        let at = "2026-05-04T10:00:00Z".parse().unwrap();
        let events = [Event::Cancelled, Event::Activated, Event::Ended];
        let mut chain = Chain::START;
        let entries = events.map(|event| {
            let entry = Entry::next(chain, &id, at, Actor::System, event);
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
        let forged = Entry::next(
            Chain { seq: 1, head: Digest::ZERO },
            &id,
            "2026-05-04T10:00:00Z".parse().unwrap(),
            Actor::System,
            Event::Ended,
        );
        let unlinked = Flaw::Unlinked(HistoryId::Request(id), 2);
        assert_eq!(verify(&[lines[0].clone(), forged.to_line()]), Err(unlinked));
    }
}
