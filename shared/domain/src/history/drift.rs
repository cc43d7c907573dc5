//! Drift: the differences between IAM and the record. Each check that finds some is a history of
//! its own, chained as those of requests are.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{actor::Actor, chain::Chain};
use crate::{
    grant::{PolicyArn, Principal},
    value::{Digest, RequestId, canonical_text},
};

/// A difference between IAM and the record, and the answer to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Drift {
    /// A policy with a name of ours that no live grant owns. It is deleted.
    Leftover {
        /// The principal that has it.
        on: Principal,
        /// The name of the policy.
        policy: String,
        /// The request it is named for, on record or not.
        request: RequestId,
    },
    /// A policy of a live grant that somebody has changed. It is restored if the grant may still be
    /// open, and deleted if not.
    Edited {
        /// The principal that has it.
        on: Principal,
        /// The name of the policy.
        policy: String,
        /// The request that it belongs to.
        request: RequestId,
    },
    /// A managed policy that is marked or recorded as held by a grant that is over or unknown. The
    /// grant releases it, and the release of the last holder detaches the policy.
    Unheld {
        /// The principal that has it.
        on: Principal,
        /// The ARN of the policy.
        policy: PolicyArn,
        /// The request whose grant is over or unknown.
        request: RequestId,
    },
    /// A bar on sessions that somebody has removed while the sessions live. It is put back.
    Unbarred {
        /// The principal that had it.
        on: Principal,
        /// The name of the policy.
        policy: String,
        /// The request whose sessions it bars.
        request: RequestId,
    },
    /// The policy with the bars of a role, if it says something else than the record. It is written
    /// again.
    Bars {
        /// The role.
        on: Principal,
        /// The name of the policy.
        policy: String,
    },
    /// A managed policy of active grants that somebody has detached. It stays detached, because
    /// that takes access from nobody but its holders.
    Missing {
        /// The principal that had it.
        on: Principal,
        /// The ARN of the policy.
        policy: PolicyArn,
    },
    /// A request that waits to be opened, but that its history does not prove: somebody has written
    /// it by hand. It is never opened.
    Unproven {
        /// The id of the request.
        request: RequestId,
        /// The first flaw of its history.
        why: String,
    },
    /// A managed policy that was detached recently and is attached again, by a late call of ours.
    /// It is detached once more.
    Returned {
        /// The principal that has it.
        on: Principal,
        /// The ARN of the policy.
        policy: PolicyArn,
    },
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leftover { on, policy, .. } => {
                write!(f, "{on} has {policy}, which no live grant owns: to be deleted")
            }
            Self::Edited { on, policy, .. } => {
                write!(
                    f,
                    "{policy} on {on} was changed by somebody: to be put back, if it may be open"
                )
            }
            Self::Unheld { on, policy, request } => {
                write!(f, "{on} has {policy} for {request}, which is not open: to be released")
            }
            Self::Unbarred { on, policy, .. } => {
                write!(
                    f,
                    "{on} has lost {policy}, which keeps revoked sessions out: to be put back"
                )
            }
            Self::Bars { on, policy } => {
                write!(f, "{policy} on {on} keeps out others than it should: to be written anew")
            }
            Self::Missing { on, policy } => {
                write!(f, "{on} has lost {policy}, which live grants hold: stays as it is")
            }
            Self::Unproven { request, why } => {
                write!(f, "{request} is not proven by its history, and is not opened: {why}")
            }
            Self::Returned { on, policy } => {
                write!(f, "{on} has {policy} again, which was taken away: to be detached")
            }
        }
    }
}

/// One drift on record, as an entry of its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftEntry {
    /// The time of the check, which names its history.
    pub drift: Timestamp,
    /// Its place in this history: 1, 2, 3, without gaps.
    pub seq: u64,
    /// The time of the entry, in UTC.
    pub at: Timestamp,
    /// The actor who had IAM checked.
    pub actor: Actor,
    /// The drift, as an event.
    pub event: DriftEvent,
    /// The hash of the entry before, or zeros for the first.
    pub prev_hash: Digest,
    /// The hash of the entry, computed as for the entries of a request.
    pub hash: Digest,
}

/// The event of an entry of drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "drifted")]
pub struct DriftEvent {
    /// The drift.
    #[serde(flatten)]
    pub drift: Drift,
}

impl DriftEntry {
    /// The entries of one check, as a chain: one for each drift that it found.
    pub fn all(found: &[Drift], at: Timestamp, actor: &Actor) -> Vec<Self> {
        let mut chain = Chain::START;
        let mut entries = Vec::new();
        for drift in found {
            let event = DriftEvent { drift: drift.clone() };
            let (seq, prev_hash, hash) = (chain.seq + 1, chain.head, Digest::ZERO);
            let mut entry =
                Self { drift: at, seq, at, actor: actor.clone(), event, prev_hash, hash };
            entry.hash = chain.seal(&entry);
            chain = Chain { seq, head: entry.hash };
            entries.push(entry);
        }
        entries
    }

    /// The entry as one canonical line, which is stored, copied and exported.
    pub fn to_line(&self) -> String {
        canonical_text(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{HistoryId, RawEntry};

    #[test]
    fn what_one_look_finds_is_a_chain_of_its_own() {
        let at = "2026-05-04T10:00:00Z".parse().unwrap();
        let on = || Principal::User("ann".parse().unwrap());
        let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
        let request = RequestId::from_random([1; 10]);
        let leftover = Drift::Leftover { on: on(), policy: "portcullis-1".to_owned(), request };
        let found = [leftover, Drift::Returned { on: on(), policy }];
        let entries = DriftEntry::all(&found, at, &Actor::System);
        let lines: Vec<RawEntry> =
            entries.iter().map(|entry| entry.to_line().parse().unwrap()).collect();
        assert!(
            lines.iter().all(|line| line.history == HistoryId::Drift(at) && line.kind == "drifted")
        );
        let whole = lines.iter().try_fold(Chain::START, Chain::follow);
        assert_eq!(whole.unwrap().seq, 2);
        let read: DriftEntry = serde_json::from_str(lines[0].as_str()).unwrap();
        assert_eq!(read, entries[0]);
    }
}
