//! The bars on the sessions of one role, all in one policy.
//!
//! IAM has little room for the policies of a role. A policy for each bar would fill it, and the
//! next revocation would do nothing. Several workers write the one policy, so its content is
//! recorded first, and only one of them at a time can change the record.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{policy::PolicyDocument, principal::Principal};
use crate::value::RequestId;

/// The requests whose sessions are barred from a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bars {
    /// The role.
    pub on: Principal,
    /// The number of changes so far. Every change is conditional on it.
    pub version: u64,
    /// The requests whose sessions are barred.
    pub barred: BTreeSet<RequestId>,
}

impl Bars {
    /// A role without bars, as long as nothing about it is on record.
    pub fn none(on: Principal) -> Self {
        Self { on, version: 0, barred: BTreeSet::new() }
    }

    /// The bars with the sessions of one more request barred. `None` if they are barred already.
    pub fn with(&self, request: &RequestId) -> Option<Self> {
        let mut barred = self.barred.clone();
        barred.insert(request.clone()).then(|| self.changed_to(barred))
    }

    /// The bars without the one on the sessions of this request. `None` if there is no such bar.
    pub fn without(&self, request: &RequestId) -> Option<Self> {
        let mut barred = self.barred.clone();
        barred.remove(request).then(|| self.changed_to(barred))
    }

    /// The bars for these requests and no others. `None` if that changes nothing.
    pub fn exactly(&self, barred: &BTreeSet<RequestId>) -> Option<Self> {
        (self.barred != *barred).then(|| self.changed_to(barred.clone()))
    }

    /// The policy that bars them. `None` if there is nobody to bar.
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
