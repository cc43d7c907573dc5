//! One ask, one verdict.

use domain::{Ask, Duration, EntitlementId, Person, Reason, Request};
use jiff::Timestamp;
use thiserror::Error;

use crate::{PrincipalArn, RuleSet};

/// What a person asks for.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The entry of the catalogue.
    pub entitlement: EntitlementId,
    /// For how long.
    pub duration: Duration,
    /// Why.
    pub reason: Reason,
}

/// What the rules say to an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may be asked, and these people decide.
    NeedsApproval(Box<Ask>),
    /// It may not, for each of these reasons.
    Deny(Vec<Denial>),
}

/// One reason of the rules to say no.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Denial {
    /// The authoriser's ARN is in nobody's entry.
    #[error("nobody in the directory has the ARN {arn}; ask an administrator to add it")]
    UnknownCaller {
        /// What to add.
        arn: PrincipalArn,
    },
    /// No such entry in the catalogue.
    #[error("there is no entitlement `{entitlement}`; see GET /entitlements")]
    UnknownEntitlement {
        /// What was asked for.
        entitlement: EntitlementId,
    },
    /// Not among the requesters.
    #[error("`{entitlement}` may be asked for by others, not by {person}")]
    NotARequester {
        /// What was asked for.
        entitlement: EntitlementId,
        /// Who asked.
        person: Person,
    },
    /// Longer than the cap.
    #[error("`{entitlement}` may be had for at most {max}, not {asked}")]
    TooLong {
        /// What was asked for.
        entitlement: EntitlementId,
        /// The cap.
        max: Duration,
        /// The wish.
        asked: Duration,
    },
    /// The grant goes to an IAM user, and the caller is none.
    #[error("`{entitlement}` is granted to IAM users, and {arn} is not one")]
    NotAUser {
        /// What was asked for.
        entitlement: EntitlementId,
        /// Who called.
        arn: PrincipalArn,
    },
    /// The rules changed since it was asked, in a way that touches it.
    #[error(
        "the rules for `{entitlement}` have changed since this was asked; it must be asked again"
    )]
    Changed {
        /// What was asked for.
        entitlement: EntitlementId,
    },
    /// The person may not decide any more.
    #[error("{person} is not an approver of `{entitlement}` any more")]
    NotAnApprover {
        /// What was asked for.
        entitlement: EntitlementId,
        /// Who answered.
        person: Person,
    },
}

impl Denial {
    /// Whether a value was out of bounds, rather than a right missing.
    pub fn is_about_the_value(&self) -> bool {
        match self {
            Self::UnknownEntitlement { .. } | Self::TooLong { .. } => true,
            Self::UnknownCaller { .. }
            | Self::NotARequester { .. }
            | Self::NotAUser { .. }
            | Self::Changed { .. }
            | Self::NotAnApprover { .. } => false,
        }
    }
}

impl RuleSet {
    /// Judges an ask. All reasons against it are given, not just the first.
    pub fn judge(&self, caller: &PrincipalArn, asking: Asking, now: Timestamp) -> Verdict {
        let Some(requester) = self.person_with(caller) else {
            return Verdict::Deny(vec![Denial::UnknownCaller { arn: caller.clone() }]);
        };
        let Asking { entitlement: id, duration, reason } = asking;
        let Some(entry) = self.entitlements.get(&id) else {
            return Verdict::Deny(vec![Denial::UnknownEntitlement { entitlement: id }]);
        };
        let mut reasons = Vec::new();
        if !entry.requesters.contains(requester) {
            let (entitlement, person) = (id.clone(), requester.clone());
            reasons.push(Denial::NotARequester { entitlement, person });
        }
        if duration > entry.max_duration {
            let max = entry.max_duration;
            reasons.push(Denial::TooLong { entitlement: id.clone(), max, asked: duration });
        }
        let grant = entry.grant.for_caller(caller);
        if grant.is_none() {
            reasons.push(Denial::NotAUser { entitlement: id.clone(), arn: caller.clone() });
        }
        match grant {
            Some(grant) if reasons.is_empty() => Verdict::NeedsApproval(Box::new(Ask {
                entitlement: id,
                title: entry.title.clone(),
                requester: requester.clone(),
                reason,
                duration,
                decide_by: deadline(now, entry.decide_within),
                approvers: entry.approvers.iter().filter(|p| *p != requester).cloned().collect(),
                quorum: entry.quorum,
                grant,
                rules: self.digest(),
            })),
            Some(_) | None => Verdict::Deny(reasons),
        }
    }

    /// Judges again, under these rules, whether a person may still decide a
    /// request that was pinned under earlier ones (laws 9 and 11).
    pub fn may_decide(&self, person: &Person, request: &Request) -> Result<(), Denial> {
        let ask = request.ask();
        let entitlement = ask.entitlement.clone();
        let entry = self
            .entitlements
            .get(&ask.entitlement)
            .filter(|entry| self.still_grants(entry, request))
            .ok_or(Denial::Changed { entitlement: entitlement.clone() })?;
        // Everybody whose answer is to count must still be one who may give it.
        let earlier = request.decisions().iter().map(|decision| &decision.answer.by);
        match earlier.chain([person]).find(|person| !entry.approvers.contains(person)) {
            Some(person) => Err(Denial::NotAnApprover { entitlement, person: person.clone() }),
            None => Ok(()),
        }
    }

    /// The requester may still ask for it, for as long, and would get the same.
    fn still_grants(&self, entry: &crate::Entitlement, request: &Request) -> bool {
        let ask = request.ask();
        let digest = ask.grant.digest();
        entry.requesters.contains(&ask.requester)
            && ask.duration <= entry.max_duration
            && entry.quorum <= ask.quorum
            && self.people.get(&ask.requester).is_some_and(|profile| {
                let now_granted = |arn| entry.grant.for_caller(arn);
                profile.arns.iter().filter_map(now_granted).any(|grant| grant.digest() == digest)
            })
    }
}

fn deadline(now: Timestamp, within: Duration) -> Timestamp {
    now.checked_add(within.as_signed()).unwrap_or(Timestamp::MAX)
}
