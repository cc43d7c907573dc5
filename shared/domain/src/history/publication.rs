//! The history of the rules: each publication is an entry, chained as those of requests are.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{actor::Actor, chain::Chain};
use crate::value::{Digest, canonical_text};

/// One publication on record: the rule set that came into force, the time, the actor, and the
/// changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// The digest of the rule set that is in force from then on.
    pub rules: Digest,
    /// Its place in the history of the rules: 1, 2, 3, without gaps.
    pub seq: u64,
    /// The time of publication, in UTC.
    pub at: Timestamp,
    /// The actor who put the rules into force.
    pub actor: Actor,
    /// The changes.
    pub event: Published,
    /// The hash of the publication before, or zeros for the first.
    pub prev_hash: Digest,
    /// The hash of the publication, computed as for the entries of a request.
    pub hash: Digest,
}

/// The changes of a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "published")]
pub struct Published {
    /// The digest of the rule set that was in force before. `None` for the first publication.
    pub previous: Option<Digest>,
    /// The differences between the two sets, one line each.
    pub changes: Vec<String>,
    /// The first of the two publishers, if two are needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<Actor>,
}

impl Publication {
    /// Makes a publication the next entry of the history of the rules.
    pub fn next(
        chain: Chain,
        rules: Digest,
        at: Timestamp,
        actor: Actor,
        event: Published,
    ) -> Self {
        let (seq, prev_hash, hash) = (chain.seq + 1, chain.head, Digest::ZERO);
        let mut entry = Self { rules, seq, at, actor, event, prev_hash, hash };
        entry.hash = chain.seal(&entry);
        entry
    }

    /// The publication as one canonical line, which is stored, copied and exported.
    pub fn to_line(&self) -> String {
        canonical_text(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{HistoryId, RawEntry};

    #[test]
    fn a_publication_is_chained_and_checked_as_every_other_entry() {
        let at = "2026-05-04T10:00:00Z".parse().unwrap();
        let publish = |chain, previous, name: &str| {
            let event = Published {
                previous,
                changes: vec!["+ orders-read".to_owned()],
                proposed_by: None,
            };
            let author = Actor::Person("dora@example.com".parse().unwrap());
            Publication::next(chain, Digest::of("test", &name), at, author, event)
        };
        let first = publish(Chain::START, None, "one");
        let second = publish(Chain { seq: 1, head: first.hash }, Some(first.rules), "two");
        let lines = [first, second].map(|entry| entry.to_line().parse::<RawEntry>().unwrap());
        assert!(
            lines.iter().all(|line| line.history == HistoryId::Rules && line.kind == "published")
        );
        let whole = lines.iter().try_fold(Chain::START, Chain::follow);
        assert_eq!(whole.unwrap().seq, 2);
        assert!(Chain::START.follow(&lines[1]).is_err());
    }
}
