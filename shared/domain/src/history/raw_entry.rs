//! The bytes of one entry, as they are stored, copied and exported.

use std::str::FromStr;

use jiff::Timestamp;
use serde_json::Value;

use super::{flaw::Flaw, history_id::HistoryId};
use crate::value::{Digest, canonical, write_sorted};

const TAG: &str = "portcullis/event/v1";

/// An entry in its canonical form, with the few fields that every version has.
///
/// Copying and checking work on this and not on [`Entry`](crate::request::Entry), so that entries
/// of a later version are copied and checked as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEntry {
    text: String,
    /// The hash that its content has, computed when it was read.
    computed: Digest,
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

    /// Whether the entry is as it was hashed.
    pub(crate) fn is_as_hashed(&self) -> bool {
        self.computed == self.hash
    }
}

/// The hash of an entry, whose canonical bytes without its hashes these are.
pub(super) fn hash_of(hashed: &[u8], prev_hash: Digest) -> Digest {
    Digest::of_bytes(TAG, &[prev_hash.as_bytes(), hashed])
}

/// The canonical bytes of an entry without its hashes.
pub(crate) fn without_hashes(mut entry: Value) -> Vec<u8> {
    if let Some(fields) = entry.as_object_mut() {
        fields.remove("prev_hash");
        fields.remove("hash");
    }
    canonical(&entry)
}

/// The canonical text of an entry without its hashes. `None` if the text is not the canonical form of
/// the value. Both are written in one pass, because an audit reads millions of entries.
fn hashed_part(value: &Value, text: &str) -> Option<String> {
    let mut fields: Vec<_> = value.as_object()?.iter().collect();
    fields.sort_unstable_by_key(|(key, _)| key.as_bytes());
    let (mut whole, mut hashed) = (String::with_capacity(text.len()), String::new());
    for (key, value) in fields {
        let begins = whole.len() + 1;
        whole.push(if whole.is_empty() { '{' } else { ',' });
        whole.push_str(&Value::from(key.as_str()).to_string());
        whole.push(':');
        write_sorted(value, &mut whole);
        if key != "hash" && key != "prev_hash" {
            hashed.push(if hashed.is_empty() { '{' } else { ',' });
            hashed.push_str(whole.get(begins..)?);
        }
    }
    whole.push('}');
    hashed.push('}');
    (whole == text).then_some(hashed)
}

impl FromStr for RawEntry {
    type Err = Flaw;

    /// Accepts the canonical form and no other, so that one entry is one text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let value: Value = serde_json::from_str(text).ok()?;
            let hashed = hashed_part(&value, text)?;
            let word = |pointer: &str| value.pointer(pointer)?.as_str();
            let history = match (word("/request"), word("/rules"), word("/drift")) {
                (Some(id), None, None) => HistoryId::Request(id.parse().ok()?),
                (None, Some(_), None) => HistoryId::Rules,
                (None, None, Some(at)) => HistoryId::Drift(at.parse().ok()?),
                _ => return None,
            };
            let prev_hash = word("/prev_hash")?.parse().ok()?;
            Some(Self {
                text: text.to_owned(),
                computed: hash_of(hashed.as_bytes(), prev_hash),
                history,
                seq: value.get("seq")?.as_u64()?,
                at: word("/at")?.parse().ok()?,
                kind: word("/event/type")?.to_owned(),
                prev_hash,
                hash: word("/hash")?.parse().ok()?,
            })
        };
        read().ok_or(Flaw::Unreadable)
    }
}
