//! Judges a request again under the rules in force: when a person decides, and when it opens.
//!
//! Laws 9 and 11: a person who has lost a right cannot use it, and a request must be made again if
//! the rules would no longer give its terms. The facts are those pinned on the request: a rule
//! about the hour looks at the same hour again.

use std::collections::BTreeSet;

use domain::{
    grant::Principal,
    request::{Approval, Proven, Request, Step, Steps, Terms},
    value::{Basis, CallContext, Person, Window},
};

use super::ruling::RequestDraft;
use crate::{
    Denial,
    cedar::{Action, Facts},
    directory::Requester,
    judge::Urgency,
    source::RuleSet,
};

/// Permission to open a request: its history proves it, and the rules in force agree.
///
/// Every function that gives access takes one, and only [`RuleSet::may_open`] makes one. So no path
/// to access can skip either check.
#[derive(Debug, Clone, Copy)]
pub struct MayOpen<'r> {
    request: &'r Request,
    window: Window,
}

impl<'r> MayOpen<'r> {
    /// The request that may be opened.
    pub fn request(&self) -> &'r Request {
        self.request
    }

    /// The window of the request, as its history fixes it.
    pub fn window(&self) -> Window {
        self.window
    }
}

impl RuleSet {
    /// Whether a person may decide a request, or review it. To decide, this person and all earlier
    /// approvers must still be able to say yes, and the rules must still give the pinned terms.
    /// Returns the rules relied on.
    pub fn may_decide(
        &self,
        person: &Person,
        request: &Request,
        call: CallContext,
    ) -> Result<Basis, Vec<Denial>> {
        if request.review().is_some() {
            return self.may_review(person, request, call);
        }
        let steps = self.still_asks(request)?;
        let earlier = self.who_still_approves(request)?;
        let basis = self.may_approve(person, request, call)?;
        let id = &request.terms().entitlement;
        let in_a_step = |who: &Person| steps.people().contains(who);
        if let Some(lost) = earlier.iter().copied().chain([person]).find(|who| !in_a_step(who)) {
            return Err(vec![Denial::lost(id, lost)]);
        }
        // If this approval completes the steps pinned on the request, it must also complete them
        // without the people who have left their step.
        let everybody = || earlier.iter().copied().chain([person]);
        let opens = match &request.terms().approval {
            Approval::People { steps, .. } => steps.are_met_by(everybody()),
            Approval::Rule | Approval::BreakGlass { .. } => false,
        };
        if opens && !steps.are_met_by(everybody()) {
            return Err(vec![Denial::changed(id)]);
        }
        Ok(basis)
    }

    /// Whether a person may review a request. A review must stay possible, even if the entry is
    /// gone or its reviewers have left. So a current reviewer may review, if the rules let them
    /// approve, and so may a reviewer pinned on the request who is still in the directory.
    fn may_review(
        &self,
        person: &Person,
        request: &Request,
        call: CallContext,
    ) -> Result<Basis, Vec<Denial>> {
        let terms = request.terms();
        let entry = self.catalogue.get(&terms.entitlement);
        let glass = entry.and_then(|entry| entry.break_glass.as_ref());
        let today = glass.is_some_and(|glass| {
            glass.reviewers.without(&terms.requester, &self.directory).contains(person)
        });
        if today {
            return self.may_approve(person, request, call);
        }
        let then = terms.approval.people().contains(person);
        if then && self.directory.people().contains_key(person) {
            Ok(self.basis_without_rule())
        } else {
            Err(vec![Denial::lost(&terms.entitlement, person)])
        }
    }

    /// Whether a person may see a request: it concerns them, they could review or end it, or a rule
    /// lets them see requests for its entry.
    pub fn may_see(&self, person: &Person, request: &Request, call: CallContext) -> bool {
        let entitlement = &request.terms().entitlement;
        let reviews =
            || request.review().is_some() && self.may_review(person, request, call).is_ok();
        let ends = || self.may_revoke(person, request, call).is_ok();
        request.concerns(person) || reviews() || self.may_read(person, entitlement, call) || ends()
    }

    /// Permission to open a request, if it [still opens](Self::still_opens) and is activating or
    /// active.
    pub fn may_open<'r>(&self, proven: &'r Proven) -> Result<MayOpen<'r>, Vec<Denial>> {
        let request = proven.request();
        self.still_opens(request)?;
        let changed = || vec![Denial::changed(&request.terms().entitlement)];
        let window = request.state().open_window().ok_or_else(changed)?;
        Ok(MayOpen { request, window })
    }

    /// Whether these rules would still open an approved request: they would give its terms, and the
    /// people who said yes could still say it and are still enough.
    pub fn still_opens(&self, request: &Request) -> Result<(), Vec<Denial>> {
        let steps = self.still_asks(request)?;
        let people = self.who_still_approves(request)?;
        if steps.are_met_by(people) {
            Ok(())
        } else {
            Err(vec![Denial::changed(&request.terms().entitlement)])
        }
    }

    /// Whether a person may end a request early. If its entry has left the catalogue, no rule
    /// covers it: then the approvers and reviewers pinned on the request who are still in the
    /// directory may end it.
    pub fn may_revoke(
        &self,
        person: &Person,
        request: &Request,
        call: CallContext,
    ) -> Result<Basis, Vec<Denial>> {
        let terms = request.terms();
        let forgotten = !self.catalogue.contains_key(&terms.entitlement);
        let decided = terms.approval.people().contains(person);
        if forgotten && decided && self.directory.people().contains_key(person) {
            return Ok(self.basis_without_rule());
        }
        self.may(Action::Revoke, person, request, call)
    }

    /// The basis of what these rules neither permit nor forbid by a rule of their own.
    pub fn basis_without_rule(&self) -> Basis {
        Basis { rule_set: self.digest, rule_ids: BTreeSet::new() }
    }

    fn may_approve(
        &self,
        person: &Person,
        request: &Request,
        call: CallContext,
    ) -> Result<Basis, Vec<Denial>> {
        self.may(Action::Approve, person, request, call)
    }

    fn may(
        &self,
        action: Action,
        person: &Person,
        request: &Request,
        call: CallContext,
    ) -> Result<Basis, Vec<Denial>> {
        let terms = request.terms();
        let (requester, duration) = (&terms.requester, terms.duration);
        let facts = Facts::Answer { requester, duration, ticket: terms.ticket.as_ref() };
        let by = self.engine.may(action, person, &terms.entitlement, facts.within(&call))?;
        Ok(Basis { rule_set: self.digest, rule_ids: by })
    }

    /// All people who said yes, if each of them could still say it. Each is judged by the call
    /// context of their decision. The error names the first who could not.
    fn who_still_approves<'r>(&self, request: &'r Request) -> Result<Vec<&'r Person>, Vec<Denial>> {
        let lost = |person: &Person| vec![Denial::lost(&request.terms().entitlement, person)];
        let answers = request.decisions().iter().map(|decision| &decision.answer);
        answers
            .map(|answer| {
                self.may_approve(&answer.by, request, answer.call)
                    .map(|_| &answer.by)
                    .map_err(|_| lost(&answer.by))
            })
            .collect()
    }

    /// Checks that the requester would still get the pinned terms, with no further conditions.
    /// Returns the pinned steps without the people who have left their step.
    fn still_asks(&self, request: &Request) -> Result<Steps, Vec<Denial>> {
        let terms = request.terms();
        let changed = || vec![Denial::changed(&terms.entitlement)];
        let profile = self.directory.people().get(&terms.requester).ok_or_else(changed)?;
        let user = match terms.grant.principal() {
            Some(Principal::User(user)) if !profile.users.contains(user) => return Err(changed()),
            Some(Principal::User(user)) => Some(user.clone()),
            Some(Principal::Role(_)) | None => None,
        };
        let requester = Requester { person: terms.requester.clone(), user };
        let draft = RequestDraft {
            entitlement: terms.entitlement.clone(),
            duration: terms.duration,
            reason: terms.reason.clone(),
            ticket: terms.ticket.clone(),
            starts_at: terms.starts_at,
            extends: terms.extends.clone(),
            urgency: match terms.approval {
                Approval::BreakGlass { .. } => Urgency::BreakGlass,
                Approval::People { .. } | Approval::Rule => Urgency::Usual,
            },
        };
        let again = self
            .weigh(&requester, &draft, terms.call)
            .terms()
            .map_err(|reasons| changed().into_iter().chain(reasons).collect::<Vec<_>>())?;
        // The same rule set gives the same terms again. So people, deadlines or texts that somebody
        // put into the stored request are found here.
        let then = Terms { unique_id: terms.unique_id.clone(), ..again.clone() };
        let unchanged = terms.basis.rule_set != self.digest || then == *terms;
        let same = unchanged
            && again.grant.digest() == terms.grant.digest()
            && (terms.sign_in || !again.sign_in)
            && (again.lasting.is_none() || again.lasting == terms.lasting)
            && asks_no_more(&again.approval, &terms.approval);
        if same {
            Ok(still_in(terms.approval.steps(), again.approval.steps()))
        } else {
            Err(changed())
        }
    }
}

/// The pinned steps without the people who are not in the current step of that name: a person who
/// was moved to another step has lost the right to this one. A step that is no longer required
/// keeps its people.
fn still_in(then: &[Step], now: &[Step]) -> Steps {
    let mut steps = Steps(then.to_vec());
    for step in &mut steps.0 {
        if let Some(current) = now.iter().find(|current| current.name == step.name) {
            step.approvers.retain(|person| current.approvers.contains(person));
        }
    }
    steps
}

/// Whether the current approval requires nothing beyond the pinned one: each current step was
/// pinned under the same name, with at least the same quorum.
fn asks_no_more(now: &Approval, then: &Approval) -> bool {
    match (now, then) {
        (Approval::Rule, Approval::People { .. } | Approval::Rule)
        | (Approval::BreakGlass { .. }, Approval::BreakGlass { .. }) => true,
        (
            Approval::People { steps: Steps(now), .. },
            Approval::People { steps: Steps(then), .. },
        ) => now.iter().all(|step| {
            then.iter().any(|pinned| pinned.name == step.name && step.quorum <= pinned.quorum)
        }),
        (Approval::People { .. }, Approval::Rule | Approval::BreakGlass { .. })
        | (Approval::Rule, Approval::BreakGlass { .. })
        | (Approval::BreakGlass { .. }, Approval::People { .. } | Approval::Rule) => false,
    }
}
