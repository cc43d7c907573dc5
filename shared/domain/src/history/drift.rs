//! What IAM holds under our names and should not: each look at it that finds something
//! is a history of its own, chained as those of requests are.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{actor::Actor, chain::Chain};
use crate::{
    grant::{PolicyArn, Principal},
    value::{Digest, RequestId, canonical},
};

/// A difference between IAM and the record, and the answer to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Drift {
    /// A policy of our name that no live grant owns. It is deleted.
    Leftover {
        /// The principal that has it.
        on: Principal,
        /// Its name.
        policy: String,
        /// The request it is named for, on record or not.
        request: RequestId,
    },
    /// A policy of a live grant that somebody has changed. It is put back if the grant may
    /// still be open, and taken away if not.
    Edited {
        /// The principal that has it.
        on: Principal,
        /// Its name.
        policy: String,
        /// The request that it belongs to.
        request: RequestId,
    },
    /// A managed policy that is marked as held, or on record as held, by a grant that is
    /// over or unknown. The grant lets it go; the last one takes it away.
    Unheld {
        /// The principal that has it.
        on: Principal,
        /// The ARN of the policy.
        policy: PolicyArn,
        /// The request whose grant is over or unknown.
        request: RequestId,
    },
    /// A bar on sessions that somebody has removed while they live. It is put back.
    Unbarred {
        /// The principal that had it.
        on: Principal,
        /// Its name.
        policy: String,
        /// The request whose sessions it keeps out.
        request: RequestId,
    },
    /// The policy with the bars of a role, and it says something else than what is on record.
    /// It is written anew.
    Bars {
        /// The role.
        on: Principal,
        /// Its name.
        policy: String,
    },
    /// A managed policy of live grants that somebody has detached. It is left so: that
    /// closes, and harms nobody but its holders.
    Missing {
        /// The principal that had it.
        on: Principal,
        /// The ARN of the policy.
        policy: PolicyArn,
    },
    /// A request that waits to be opened, and whose history does not prove it. Nothing
    /// opens it; somebody has written it by hand.
    Unproven {
        /// The id of the request.
        request: RequestId,
        /// The first flaw of its history.
        why: String,
    },
    /// A managed policy that was taken away lately and is attached again, by a call of
    /// ours that came late. It is taken away.
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
                write!(f, "{on} has {policy}, which no live grant owns: deleted")
            }
            Self::Edited { on, policy, .. } => {
                write!(f, "{policy} on {on} was changed by somebody: put back, if it may be open")
            }
            Self::Unheld { on, policy, request } => {
                write!(f, "{on} has {policy} for {request}, which is not open: let go")
            }
            Self::Unbarred { on, policy, .. } => {
                write!(f, "{on} has lost {policy}, which keeps revoked sessions out: put back")
            }
            Self::Bars { on, policy } => {
                write!(f, "{policy} on {on} keeps out others than it should: written anew")
            }
            Self::Missing { on, policy } => {
                write!(f, "{on} has lost {policy}, which live grants hold: left as it is")
            }
            Self::Unproven { request, why } => {
                write!(f, "{request} was written by somebody and is not opened: {why}")
            }
            Self::Returned { on, policy } => {
                write!(f, "{on} has {policy} again, which was taken away: detached")
            }
        }
    }
}

/// One drift on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftEntry {
    /// The name of the comparison: the time at which it began.
    pub drift: Timestamp,
    /// Its place in what was found: 1, 2, 3, without gaps.
    pub seq: u64,
    /// The time of the entry, in UTC.
    pub at: Timestamp,
    /// The actor that had IAM compared.
    pub actor: Actor,
    /// The differences.
    pub event: DriftEvent,
    /// The hash of the one before, or zeros for the first.
    pub prev_hash: Digest,
    /// As for the entries of a request.
    pub hash: Digest,
}

/// The content of an entry of drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "drifted")]
pub struct DriftEvent {
    /// The drift.
    #[serde(flatten)]
    pub drift: Drift,
}

impl DriftEntry {
    /// Writes down what one look has found.
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

    /// The sighting as one canonical line: what is stored, copied and exported.
    pub fn to_line(&self) -> String {
        String::from_utf8_lossy(&canonical(self)).into_owned()
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
