//! A managed policy that grants hold together on one principal.
//!
//! Laws 6 and 7: who attached it is settled, and on record, before anything is
//! touched. Grants of one policy to one principal hold it together; the last one
//! takes it away, and only if it was not there before the first.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{PolicyArn, Principal, RequestId};

/// A signed call is not taken later than this, so that a late one of ours has come by
/// then.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>
const LATENESS: SignedDuration = SignedDuration::from_mins(5);

/// A policy that is seen attached later than this after it was taken away was attached by
/// somebody else.
const AFTERMATH: SignedDuration = SignedDuration::from_mins(15);

/// A managed policy on a principal, and who holds it there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Whom it is attached to.
    pub on: Principal,
    /// The policy.
    pub policy: PolicyArn,
    /// How often it was changed; every change is conditional on it.
    pub version: u64,
    /// Where it stands.
    pub hold: Hold,
}

/// Where a holding stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Hold {
    /// Grants hold it.
    Held {
        /// Which.
        by: BTreeSet<RequestId>,
        /// Whether it was there before us, and stays.
        found: bool,
    },
    /// The last grant has let go, and it is being taken away.
    Releasing {
        /// Which grant that was.
        by: RequestId,
    },
    /// It was taken away, or left as it was found.
    Released {
        /// When.
        at: Timestamp,
        /// Whether it was there before us.
        found: bool,
        /// Whether somebody has looked since whether a late call of ours put it back.
        #[serde(default)]
        checked: bool,
    },
}

/// What has to be done about a policy that a grant has let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Nothing: it is held by others, or was there before, or was taken away.
    Nothing,
    /// It has to be taken away, and that it was has to be put on record.
    Detach,
}

impl Holding {
    /// The holding once this grant is one of its holders; unchanged if it is already. None
    /// while it is being taken away: then it has to be asked again a little later.
    ///
    /// `attached` says whether the policy is there now; it counts where nobody holds it.
    pub fn joined(
        known: Option<Self>,
        (on, policy): (&Principal, &PolicyArn),
        (id, attached): (&RequestId, bool),
        now: Timestamp,
    ) -> Option<Self> {
        if known.as_ref().is_some_and(|known| known.is_held_by(id)) {
            return known;
        }
        let version = known.as_ref().map_or(0, |known| known.version) + 1;
        let ours_still = known.as_ref().is_some_and(|known| known.is_in_aftermath(now));
        let hold = match known.map(|known| known.hold) {
            Some(Hold::Held { mut by, found }) => {
                by.insert(id.clone());
                Hold::Held { by, found }
            }
            Some(Hold::Releasing { .. }) => return None,
            Some(Hold::Released { .. }) | None => {
                Hold::Held { by: [id.clone()].into(), found: attached && !ours_still }
            }
        };
        Some(Self { on: on.clone(), policy: policy.clone(), version, hold })
    }

    /// The holding once this grant has let go, and what has to be done then. None where
    /// it does not hold it.
    pub fn left(&self, id: &RequestId, now: Timestamp) -> Option<(Self, Release)> {
        let (hold, release) = match &self.hold {
            Hold::Held { by, found } if by.contains(id) => {
                let others: BTreeSet<_> = by.iter().filter(|other| *other != id).cloned().collect();
                match (others.is_empty(), *found) {
                    (false, found) => (Hold::Held { by: others, found }, Release::Nothing),
                    (true, true) => {
                        (Hold::Released { at: now, found: true, checked: true }, Release::Nothing)
                    }
                    (true, false) => (Hold::Releasing { by: id.clone() }, Release::Detach),
                }
            }
            // Somebody was cut short here.
            Hold::Releasing { by } if by == id => return Some((self.clone(), Release::Detach)),
            Hold::Held { .. } | Hold::Releasing { .. } | Hold::Released { .. } => return None,
        };
        Some((Self { version: self.version + 1, hold, ..self.clone() }, release))
    }

    /// The holding once the policy was taken away.
    #[must_use]
    pub fn released(self, now: Timestamp) -> Self {
        let hold = Hold::Released { at: now, found: false, checked: false };
        Self { version: self.version + 1, hold, ..self }
    }

    /// The same, if it was thought to have been there before us and was not: a mark of
    /// ours says so.
    pub fn ours_after_all(&self) -> Option<Self> {
        let Hold::Held { by, found: true } = &self.hold else { return None };
        let hold = Hold::Held { by: by.clone(), found: false };
        Some(Self { version: self.version + 1, hold, ..self.clone() })
    }

    fn is_held_by(&self, id: &RequestId) -> bool {
        matches!(&self.hold, Hold::Held { by, .. } if by.contains(id))
    }

    /// Whether any grant holds it.
    pub fn is_held(&self) -> bool {
        matches!(self.hold, Hold::Held { .. })
    }

    /// Whether grants hold it that was not there before, so that it should be attached.
    pub fn is_ours(&self) -> bool {
        matches!(self.hold, Hold::Held { found: false, .. })
    }

    /// Whether a policy that is attached now, though it was taken away, is there by a late
    /// call of ours.
    pub fn is_in_aftermath(&self, now: Timestamp) -> bool {
        match self.hold {
            Hold::Released { at, found: false, checked: false } => {
                at.duration_until(now) < AFTERMATH
            }
            Hold::Released { .. } | Hold::Held { .. } | Hold::Releasing { .. } => false,
        }
    }

    /// When to look whether a late call of ours has put it back: once none can come any
    /// more. None where nothing of ours was taken away, or somebody has looked.
    pub fn check_at(&self) -> Option<Timestamp> {
        match self.hold {
            Hold::Released { at, found: false, checked: false } => at.checked_add(LATENESS).ok(),
            Hold::Released { .. } | Hold::Held { .. } | Hold::Releasing { .. } => None,
        }
    }

    /// The holding once somebody has looked. What is attached from now on is not ours.
    #[must_use]
    pub fn checked(self) -> Self {
        let hold = match self.hold {
            Hold::Released { at, found, .. } => Hold::Released { at, found, checked: true },
            hold @ (Hold::Held { .. } | Hold::Releasing { .. }) => hold,
        };
        Self { version: self.version + 1, hold, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn id(number: u8) -> RequestId {
        RequestId::from_random([number; 10])
    }

    fn join(known: Option<Holding>, (number, attached): (u8, bool)) -> Option<Holding> {
        let on = Principal::User("ann".parse().unwrap());
        let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
        Holding::joined(known, (&on, &policy), (&id(number), attached), at(0))
    }

    #[test]
    fn two_grants_hold_it_together_and_the_last_takes_it_away() {
        let one = join(None, (1, false)).unwrap();
        let both = join(Some(one), (2, true)).unwrap();
        assert!(both.is_ours(), "that it is attached by now is our own doing");
        assert_eq!(join(Some(both.clone()), (2, true)), Some(both.clone()), "twice is once");
        let (second, release) = both.left(&id(1), at(5)).unwrap();
        assert_eq!((release, second.version), (Release::Nothing, 3), "law 6");
        assert_eq!(second.left(&id(1), at(6)), None, "twice is once");
        let (releasing, release) = second.left(&id(2), at(7)).unwrap();
        assert_eq!(release, Release::Detach);
        assert_eq!(join(Some(releasing.clone()), (3, true)), None, "it has to wait");
        assert_eq!(releasing.left(&id(2), at(8)).unwrap().1, Release::Detach, "cut short");
        let released = releasing.released(at(8));
        assert_eq!(released.left(&id(2), at(9)), None);
        assert_eq!(released.check_at(), Some(at(13)));
        assert!(released.is_in_aftermath(at(22)) && !released.is_in_aftermath(at(23)));
        let checked = released.clone().checked();
        assert_eq!((checked.check_at(), checked.is_in_aftermath(at(9))), (None, false), "law 7");
        assert!(join(Some(released), (4, true)).unwrap().is_ours(), "a late call of ours");
    }

    #[test]
    fn what_was_there_before_us_is_never_taken_away() {
        let found = join(None, (1, true)).unwrap();
        assert!(!found.is_ours());
        let both = join(Some(found), (2, true)).unwrap();
        let (one, _) = both.left(&id(2), at(1)).unwrap();
        let (released, release) = one.left(&id(1), at(2)).unwrap();
        assert_eq!(release, Release::Nothing, "law 7");
        assert!(!released.is_in_aftermath(at(3)));
        assert!(!join(Some(released), (3, true)).unwrap().is_ours(), "and it is still not ours");
    }
}
