//! The same ask under the rules in force: when somebody decides, and when it opens.
//!
//! Laws 9 and 11: whoever lost a right has lost it, and what was changed is asked
//! again. The facts of the ask are those that were pinned with it: a rule about
//! the hour looks at the hour at which it was asked.

use std::collections::BTreeSet;

use domain::{
    grant::Principal,
    request::{Approval, Proven, Request, State, Step, Steps, Terms},
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

/// Leave to open a request: its history proves it, and the rules in force agree.
///
/// Everything that gives somebody access takes one, and nothing but
/// [`RuleSet::may_open`] makes one, so that no way to access can leave out either question.
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

    /// When it is open, as its history fixes it.
    pub fn window(&self) -> Window {
        self.window
    }
}

impl RuleSet {
    /// Whether a person may decide a request, or review it: the ask would still be
    /// possible, whoever said yes before still could, and so can they.
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
        // What would open by the steps of then has to be enough for those of now.
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

    /// What was opened has to be looked at, also when the entry is gone by now or
    /// those who were asked have left: a reviewer of today may, and so may one of
    /// then who is still there.
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
            Ok(Basis { rule_set: self.digest, rule_ids: BTreeSet::new() })
        } else {
            Err(vec![Denial::lost(&terms.entitlement, person)])
        }
    }

    /// Whether a person may look at a request: it concerns them, they could review or end
    /// it, or a rule lets them read.
    pub fn may_see(&self, person: &Person, request: &Request, call: CallContext) -> bool {
        let entitlement = &request.terms().entitlement;
        let reviews =
            || request.review().is_some() && self.may_review(person, request, call).is_ok();
        let ends = || self.may_revoke(person, request, call).is_ok();
        request.concerns(person) || reviews() || self.may_read(person, entitlement, call) || ends()
    }

    /// Leave to open a request, if it [still opens](Self::still_opens).
    pub fn may_open<'r>(&self, proven: &'r Proven) -> Result<MayOpen<'r>, Vec<Denial>> {
        let request = proven.request();
        self.still_opens(request)?;
        // What is not to be open is opened by nobody, whatever the rules say.
        if let State::Activating { window } | State::Active { window, .. } = *request.state() {
            Ok(MayOpen { request, window })
        } else {
            Err(vec![Denial::changed(&request.terms().entitlement)])
        }
    }

    /// Whether these rules would open what was approved: the ask would still be possible,
    /// and the people who said yes still could, and are still enough.
    pub fn still_opens(&self, request: &Request) -> Result<(), Vec<Denial>> {
        let steps = self.still_asks(request)?;
        let people = self.who_still_approves(request)?;
        if steps.are_met_by(people) {
            Ok(())
        } else {
            Err(vec![Denial::changed(&request.terms().entitlement)])
        }
    }

    /// Whether a person may end a request early. What has left the catalogue no rule
    /// speaks of: then whoever was to decide, and is still there, may end it.
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
            return Ok(Basis { rule_set: self.digest, rule_ids: BTreeSet::new() });
        }
        self.may(Action::Revoke, person, request, call)
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

    /// Everybody who said yes, if each of them could still say it.
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

    /// Whether the requester would still get the same, for no more than was pinned;
    /// and the steps as they are to be met: those of then, by those who still stand
    /// in them.
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
        // The same rules say the same to the same ask: people, deadlines or words of somebody's
        // choice are found by that.
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

/// The steps of then without the people who do not stand in the step of that name
/// any more: whoever was moved to another step has lost the right to this one. A
/// step that is not asked for any more keeps its people.
fn still_in(then: &[Step], now: &[Step]) -> Steps {
    let mut steps = Steps(then.to_vec());
    for step in &mut steps.0 {
        if let Some(current) = now.iter().find(|current| current.name == step.name) {
            step.approvers.retain(|person| current.approvers.contains(person));
        }
    }
    steps
}

/// Whether the rules in force ask for nothing that was not asked for when the
/// request was made: each step of theirs was a step then, with as many people.
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
