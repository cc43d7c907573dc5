//! The bytes of one entry, as they are stored, copied and exported.

use std::str::FromStr;

use jiff::Timestamp;
use serde_json::Value;

use super::{flaw::Flaw, history_id::HistoryId};
use crate::value::{Digest, canonical};

/// An entry in its canonical form, with the few fields that every version has.
///
/// Copying and checking work on this and not on [`Entry`](crate::request::Entry), so that entries
/// of a later version are copied and checked as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEntry {
    text: String,
    /// The history that the entry belongs to.
    pub history: HistoryId,
    /// Its place in that history.
    pub seq: u64,
    /// The time of the decision.
    pub at: Timestamp,
    /// The name of the event.
    pub kind: String,
    /// The hash of the entry before, or zeros for the first.
    pub prev_hash: Digest,
    /// The hash that the entry carries.
    pub hash: Digest,
}

impl RawEntry {
    /// The text, byte for byte as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bytes that were hashed: the entry without its hashes.
    pub(crate) fn hashed(&self) -> Vec<u8> {
        serde_json::from_str(&self.text).map(without_hashes).unwrap_or_default()
    }
}

/// The canonical bytes of an entry without its hashes.
pub(crate) fn without_hashes(mut entry: Value) -> Vec<u8> {
    if let Some(fields) = entry.as_object_mut() {
        fields.remove("prev_hash");
        fields.remove("hash");
    }
    canonical(&entry)
}

impl FromStr for RawEntry {
    type Err = Flaw;

    /// Accepts the canonical form and no other, so that one entry is one text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let value: Value = serde_json::from_str(text).ok()?;
            if canonical(&value) != text.as_bytes() {
                return None;
            }
            let word = |pointer: &str| value.pointer(pointer)?.as_str();
            let history = match (word("/request"), word("/rules"), word("/drift")) {
                (Some(id), None, None) => HistoryId::Request(id.parse().ok()?),
                (None, Some(_), None) => HistoryId::Rules,
                (None, None, Some(at)) => HistoryId::Drift(at.parse().ok()?),
                _ => return None,
            };
            Some(Self {
                text: text.to_owned(),
                history,
                seq: value.get("seq")?.as_u64()?,
                at: word("/at")?.parse().ok()?,
                kind: word("/event/type")?.to_owned(),
                prev_hash: word("/prev_hash")?.parse().ok()?,
                hash: word("/hash")?.parse().ok()?,
            })
        };
        read().ok_or(Flaw::Unreadable)
    }
}
