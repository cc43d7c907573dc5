//! The bars on one role: whose sessions are kept out of it, all in one policy.
//!
//! IAM's room on a role is small, and a policy for each bar would fill it: then the next
//! revocation would do nothing. Several write to the one policy, so what it is to say is on
//! record first, and changed by one of them at a time.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{policy::PolicyDocument, principal::Principal};
use crate::value::RequestId;

/// The requests whose sessions are kept out of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bars {
    /// The role.
    pub on: Principal,
    /// The number of changes so far. Every change is conditional on it.
    pub version: u64,
    /// The requests whose sessions are kept out.
    pub barred: BTreeSet<RequestId>,
}

impl Bars {
    /// A role that nobody is kept out of, as nobody has written it down yet.
    pub fn none(on: Principal) -> Self {
        Self { on, version: 0, barred: BTreeSet::new() }
    }

    /// These bars with the sessions of one more request kept out. None if they are already.
    pub fn with(&self, request: &RequestId) -> Option<Self> {
        let mut barred = self.barred.clone();
        barred.insert(request.clone()).then(|| self.changed_to(barred))
    }

    /// These bars with the sessions of this request let in. None if they are already.
    pub fn without(&self, request: &RequestId) -> Option<Self> {
        let mut barred = self.barred.clone();
        barred.remove(request).then(|| self.changed_to(barred))
    }

    /// Bars for these requests and no others. None if these bars are so already.
    pub fn exactly(&self, barred: &BTreeSet<RequestId>) -> Option<Self> {
        (self.barred != *barred).then(|| self.changed_to(barred.clone()))
    }

    /// The policy that keeps them out; none if nobody is.
    pub fn document(&self) -> Option<String> {
        (!self.barred.is_empty()).then(|| PolicyDocument::bars(&self.barred))
    }

    fn changed_to(&self, barred: BTreeSet<RequestId>) -> Self {
        Self { on: self.on.clone(), version: self.version + 1, barred }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_hundred_are_kept_out_by_one_policy_that_iam_has_room_for() {
        let id = |number: u16| {
            let mut bytes = [0; 10];
            bytes[..2].copy_from_slice(&number.to_be_bytes());
            RequestId::from_random(bytes)
        };
        let mut bars = Bars::none(Principal::Role("deploy".parse().unwrap()));
        assert_eq!(bars.document(), None);
        for number in 0..400 {
            bars = bars.with(&id(number)).unwrap();
        }
        assert_eq!((bars.with(&id(7)), bars.version), (None, 400), "twice is once");
        let document = bars.document().unwrap();
        assert!(
            crate::grant::size_in_iam(&document) < crate::grant::ROOM_ON_A_ROLE,
            "{}",
            document.len()
        );
        let read = PolicyDocument::barred_by(&document).unwrap();
        assert_eq!(read, bars.barred);
        let last = bars.exactly(&[id(3)].into()).unwrap().without(&id(3)).unwrap();
        assert_eq!((last.document(), last.without(&id(3))), (None, None));
        let edited = document.replace("Deny", "Allow");
        assert_eq!(PolicyDocument::barred_by(&edited), None, "that is no bar of ours");
    }
}
