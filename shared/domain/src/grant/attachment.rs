//! A managed policy attached to a principal on behalf of grants, counted by its holders.
//!
//! Laws 6 and 7: the record says who attached the policy before IAM is changed. Grants of one
//! policy to one principal share the attachment. The last one to release it detaches the policy,
//! unless the policy was attached before the first.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::principal::{PolicyArn, Principal};
use crate::value::RequestId;

/// AWS accepts a signed call for at most this long after it was signed. A late call of ours
/// has arrived by then.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>
const LATENESS: SignedDuration = SignedDuration::from_mins(5);

/// A policy seen attached within this time after it was detached was attached by a late call
/// of ours. After it, somebody else attached it.
const RECENT: SignedDuration = SignedDuration::from_mins(15);

/// The principal and the policy that identify an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachmentKey<'a> {
    /// The user or role.
    pub principal: &'a Principal,
    /// The managed policy.
    pub policy: &'a PolicyArn,
}

/// A managed policy on a principal, with the grants that hold it there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// The user or role it is attached to.
    #[serde(rename = "on")]
    pub principal: Principal,
    /// The policy.
    pub policy: PolicyArn,
    /// The number of changes so far. Every change is conditional on it.
    pub version: u64,
    /// Its holders, or its release.
    #[serde(rename = "hold")]
    pub state: AttachmentState,
}

/// The state of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum AttachmentState {
    /// Grants hold it.
    Held {
        /// The requests whose grants hold it.
        #[serde(rename = "by")]
        holders: BTreeSet<RequestId>,
        /// Whether the policy was attached before the first of them, and so stays.
        #[serde(rename = "found")]
        preexisting: bool,
    },
    /// The last holder has released it, and the policy is being detached.
    Releasing {
        /// The last holder.
        #[serde(rename = "by")]
        last_holder: RequestId,
    },
    /// No grant holds it. The policy was detached, or left in place if it was there before.
    Released {
        /// The time of the release.
        at: Timestamp,
        /// Whether the policy was attached before the first holder.
        #[serde(rename = "found")]
        preexisting: bool,
        /// Whether IAM was checked since then for a late call of ours.
        #[serde(default)]
        checked: bool,
    },
}

/// The state of a policy on a principal, as IAM shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The policy is attached.
    Attached,
    /// The policy is not attached.
    Absent,
}

/// The consequence in IAM of releasing an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// No change: others hold it, or it was there before, or it is detached already.
    Nothing,
    /// The policy has to be detached, and the detachment recorded.
    Detach,
}

impl Attachment {
    /// The attachment with this grant among its holders. It is unchanged if the grant is one
    /// already. `None` while the policy is being detached: the caller has to try again a little
    /// later.
    ///
    /// `presence` counts only if no grant holds it. A policy that is attached then was there before
    /// us, unless a late call of ours attached it.
    pub fn acquire(
        known: Option<Self>,
        key: AttachmentKey<'_>,
        id: &RequestId,
        presence: Presence,
        now: Timestamp,
    ) -> Option<Self> {
        if known.as_ref().is_some_and(|known| known.is_held_by(id)) {
            return known;
        }
        let version = known.as_ref().map_or(0, |known| known.version) + 1;
        let ours_still = known.as_ref().is_some_and(|known| known.recently_detached(now));
        let state = match known.map(|known| known.state) {
            Some(AttachmentState::Held { mut holders, preexisting }) => {
                holders.insert(id.clone());
                AttachmentState::Held { holders, preexisting }
            }
            Some(AttachmentState::Releasing { .. }) => return None,
            Some(AttachmentState::Released { .. }) | None => AttachmentState::Held {
                holders: [id.clone()].into(),
                preexisting: presence == Presence::Attached && !ours_still,
            },
        };
        let (principal, policy) = (key.principal.clone(), key.policy.clone());
        Some(Self { principal, policy, version, state })
    }

    /// The attachment without these holders, which hold it on an earlier principal of the name: for
    /// them, it was never attached to the present one. The version stays as it was, because this is
    /// not recorded by itself: [`acquire`](Self::acquire) makes the change that is recorded.
    #[must_use]
    pub fn without(self, strangers: &BTreeSet<RequestId>, now: Timestamp) -> Self {
        let state = match self.state {
            AttachmentState::Held { mut holders, preexisting } => {
                holders.retain(|holder| !strangers.contains(holder));
                if holders.is_empty() {
                    AttachmentState::Released { at: now, preexisting: false, checked: true }
                } else {
                    AttachmentState::Held { holders, preexisting }
                }
            }
            other @ (AttachmentState::Releasing { .. } | AttachmentState::Released { .. }) => other,
        };
        Self { state, ..self }
    }

    /// The attachment without this grant, and the consequence in IAM. `None` if the grant is not
    /// one of its holders.
    pub fn release(&self, id: &RequestId, now: Timestamp) -> Option<(Self, Release)> {
        let (state, release) = match &self.state {
            AttachmentState::Held { holders, preexisting } if holders.contains(id) => {
                let others = holders.iter().filter(|other| *other != id).cloned();
                let others: BTreeSet<_> = others.collect();
                match (others.is_empty(), *preexisting) {
                    (false, preexisting) => {
                        (AttachmentState::Held { holders: others, preexisting }, Release::Nothing)
                    }
                    (true, true) => (
                        AttachmentState::Released { at: now, preexisting: true, checked: true },
                        Release::Nothing,
                    ),
                    (true, false) => {
                        (AttachmentState::Releasing { last_holder: id.clone() }, Release::Detach)
                    }
                }
            }
            // An earlier attempt was cut short here.
            AttachmentState::Releasing { last_holder } if last_holder == id => {
                return Some((self.clone(), Release::Detach));
            }
            AttachmentState::Held { .. }
            | AttachmentState::Releasing { .. }
            | AttachmentState::Released { .. } => return None,
        };
        Some((self.changed_to(state), release))
    }

    /// The attachment after the policy was detached.
    #[must_use]
    pub fn detached(self, now: Timestamp) -> Self {
        self.changed_to(AttachmentState::Released { at: now, preexisting: false, checked: false })
    }

    /// The attachment as ours, if it was recorded as preexisting by mistake: a mark of ours in IAM
    /// says that we attached it. `None` if it is not held as preexisting.
    pub fn reclaim(&self) -> Option<Self> {
        let AttachmentState::Held { holders, preexisting: true } = &self.state else { return None };
        let holders = holders.clone();
        Some(self.changed_to(AttachmentState::Held { holders, preexisting: false }))
    }

    /// The principal and the policy.
    pub fn key(&self) -> AttachmentKey<'_> {
        AttachmentKey { principal: &self.principal, policy: &self.policy }
    }

    /// The grants that hold it, or are still releasing it.
    pub fn holders(&self) -> impl Iterator<Item = &RequestId> {
        let (held, releasing) = match &self.state {
            AttachmentState::Held { holders, .. } => (Some(holders), None),
            AttachmentState::Releasing { last_holder } => (None, Some(last_holder)),
            AttachmentState::Released { .. } => (None, None),
        };
        held.into_iter().flatten().chain(releasing)
    }

    /// Whether this grant holds it.
    pub fn is_held_by(&self, id: &RequestId) -> bool {
        matches!(&self.state, AttachmentState::Held { holders, .. } if holders.contains(id))
    }

    /// Whether any grant holds it.
    pub fn is_held(&self) -> bool {
        matches!(self.state, AttachmentState::Held { .. })
    }

    /// Whether grants hold it and the policy was not there before, so that it should be attached.
    pub fn is_ours(&self) -> bool {
        matches!(self.state, AttachmentState::Held { preexisting: false, .. })
    }

    /// Whether the policy has to stay attached: grants hold it, or it was there before the first.
    pub fn has_to_stay(&self) -> bool {
        match self.state {
            AttachmentState::Held { .. } => true,
            AttachmentState::Releasing { .. } => false,
            AttachmentState::Released { preexisting, .. } => preexisting,
        }
    }

    /// Whether the policy was detached so recently before `now` that a late call of ours may have
    /// attached it again. False once 15 minutes have passed, or once it was checked.
    pub fn recently_detached(&self, now: Timestamp) -> bool {
        self.unchecked_since().is_some_and(|at| at.duration_until(now) < RECENT)
    }

    /// The time from which no late call of ours can come any more, so that IAM can be checked for
    /// one. `None` if nothing of ours was detached, or it was checked.
    pub fn check_at(&self) -> Option<Timestamp> {
        self.unchecked_since()?.checked_add(LATENESS).ok()
    }

    /// The attachment after IAM was checked. A policy that is attached from now on is not ours.
    #[must_use]
    pub fn checked(self) -> Self {
        let state = match self.state {
            AttachmentState::Released { at, preexisting, .. } => {
                AttachmentState::Released { at, preexisting, checked: true }
            }
            AttachmentState::Held { .. } | AttachmentState::Releasing { .. } => self.state.clone(),
        };
        self.changed_to(state)
    }

    fn unchecked_since(&self) -> Option<Timestamp> {
        match self.state {
            AttachmentState::Released { at, preexisting: false, checked: false } => Some(at),
            AttachmentState::Released { .. }
            | AttachmentState::Held { .. }
            | AttachmentState::Releasing { .. } => None,
        }
    }

    fn changed_to(&self, state: AttachmentState) -> Self {
        let (principal, policy) = (self.principal.clone(), self.policy.clone());
        Self { principal, policy, version: self.version + 1, state }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Presence::{Absent, Attached},
        *,
    };

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn id(number: u8) -> RequestId {
        RequestId::from_random([number; 10])
    }

    fn acquire(known: Option<Attachment>, number: u8, presence: Presence) -> Option<Attachment> {
        let principal = Principal::User("ann".parse().unwrap());
        let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
        let key = AttachmentKey { principal: &principal, policy: &policy };
        Attachment::acquire(known, key, &id(number), presence, at(0))
    }

    #[test]
    fn two_grants_hold_it_together_and_the_last_takes_it_away() {
        let one = acquire(None, 1, Absent).unwrap();
        let both = acquire(Some(one), 2, Attached).unwrap();
        assert!(both.is_ours(), "that it is attached by now is our own doing");
        assert_eq!(acquire(Some(both.clone()), 2, Attached), Some(both.clone()), "twice is once");
        let (second, release) = both.release(&id(1), at(5)).unwrap();
        assert_eq!((release, second.version), (Release::Nothing, 3), "law 6");
        assert_eq!(second.release(&id(1), at(6)), None, "twice is once");
        let (releasing, release) = second.release(&id(2), at(7)).unwrap();
        assert_eq!(release, Release::Detach);
        assert_eq!(acquire(Some(releasing.clone()), 3, Attached), None, "it has to wait");
        assert_eq!(releasing.release(&id(2), at(8)).unwrap().1, Release::Detach, "cut short");
        let released = releasing.detached(at(8));
        assert_eq!(released.release(&id(2), at(9)), None);
        assert_eq!(released.check_at(), Some(at(13)));
        assert!(released.recently_detached(at(22)) && !released.recently_detached(at(23)));
        let checked = released.clone().checked();
        assert_eq!((checked.check_at(), checked.recently_detached(at(9))), (None, false), "law 7");
        assert!(acquire(Some(released), 4, Attached).unwrap().is_ours(), "a late call of ours");
    }

    #[test]
    fn what_was_there_before_us_is_never_taken_away() {
        let found = acquire(None, 1, Attached).unwrap();
        assert!(!found.is_ours());
        let both = acquire(Some(found), 2, Attached).unwrap();
        let (one, _) = both.release(&id(2), at(1)).unwrap();
        let (released, release) = one.release(&id(1), at(2)).unwrap();
        assert_eq!(release, Release::Nothing, "law 7");
        assert!(!released.recently_detached(at(3)));
        assert!(
            !acquire(Some(released), 3, Attached).unwrap().is_ours(),
            "and it is still not ours"
        );
    }
}
