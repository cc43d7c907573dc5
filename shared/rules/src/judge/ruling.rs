//! Rulings on drafts.

use std::collections::BTreeSet;

use domain::{
    request::{Approval, Nudge, Step, Steps, Terms},
    value::{
        Basis, CallContext, Duration, EntitlementId, Person, Reason, RequestId, RuleId, Ticket,
    },
};
use jiff::Timestamp;

use crate::{
    Denial,
    cedar::{Action, Facts},
    directory::{Caller, Entitlement, Requester},
    source::RuleSet,
};

/// The wish of a caller, before the rules have judged it.
#[derive(Debug, Clone)]
pub struct RequestDraft {
    /// The entry of the catalogue.
    pub entitlement: EntitlementId,
    /// The length of the window.
    pub duration: Duration,
    /// The reason.
    pub reason: Reason,
    /// The ticket it belongs to.
    pub ticket: Option<Ticket>,
    /// The start of the window, included. `None` means from the approval on.
    pub starts_at: Option<Timestamp>,
    /// The request that this one continues, if any.
    pub extends: Option<RequestId>,
    /// Whether it can wait for approval.
    pub urgency: Urgency,
}

/// Whether a request can wait for approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It waits for the approval that the rules require.
    Usual,
    /// An emergency: it opens at once and is reviewed afterwards.
    BreakGlass,
}

/// The answer of the rules to a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It needs no decision by people: a rule approves it, or glass may be broken.
    Allow(Box<Terms>),
    /// It may be requested, and the people in its terms decide.
    NeedsApproval(Box<Terms>),
    /// It is denied, for each of these reasons.
    Deny(Vec<Denial>),
}

impl Ruling {
    /// The terms, unless the draft was denied.
    pub fn terms(self) -> Result<Terms, Vec<Denial>> {
        match self {
            Self::Allow(terms) | Self::NeedsApproval(terms) => Ok(*terms),
            Self::Deny(reasons) => Err(reasons),
        }
    }
}

impl RuleSet {
    /// Judges a draft of this caller. A denial gives all reasons, not only the first.
    pub fn judge(&self, caller: &Caller, draft: &RequestDraft, call: CallContext) -> Ruling {
        match self.directory.identify(caller) {
            Ok(requester) => self.weigh(&requester, draft, call),
            Err(denial) => Ruling::Deny(vec![denial]),
        }
    }

    /// Judges a draft of a known requester.
    pub(crate) fn weigh(
        &self,
        requester: &Requester,
        draft: &RequestDraft,
        call: CallContext,
    ) -> Ruling {
        let id = &draft.entitlement;
        let Some(entry) = self.catalogue.get(id) else {
            return Ruling::Deny(vec![Denial::unknown_entitlement(id)]);
        };
        let mut denials = out_of_bounds(entry, draft, call.at);
        let by = self.permitted_by(requester, draft, call, &mut denials);
        let grant = entry.grant.for_user(requester.user.as_ref());
        if grant.is_none() {
            denials.push(Denial::no_user(id, &requester.person));
        }
        if entry.grant.is_minted() && requester.person.source_identity().is_none() {
            denials.push(Denial::no_source_identity(id, &requester.person));
        }
        let (approval, also_by) = match self.approval(entry, &requester.person, draft, call) {
            Ok(approval) => approval,
            Err(denial) => {
                denials.push(denial);
                (Approval::Rule, BTreeSet::new())
            }
        };
        let (Some(grant), true) = (grant, denials.is_empty()) else {
            return Ruling::Deny(denials);
        };
        let needs_people = matches!(approval, Approval::People { .. });
        let terms = Box::new(Terms {
            entitlement: id.clone(),
            title: entry.title.clone(),
            tags: entry.tags.clone(),
            requester: requester.person.clone(),
            reason: draft.reason.clone(),
            ticket: draft.ticket.clone(),
            duration: draft.duration,
            starts_at: draft.starts_at,
            extends: draft.extends.clone(),
            approval,
            sign_in: entry.sign_in,
            lasting: entry.lasting.clone(),
            grant,
            unique_id: None,
            call,
            basis: Basis {
                rule_set: self.digest,
                rule_ids: by.into_iter().chain(also_by).collect(),
            },
        });
        if needs_people { Ruling::NeedsApproval(terms) } else { Ruling::Allow(terms) }
    }

    /// The rules that permit the request. The reasons against it go to `denials`.
    fn permitted_by(
        &self,
        requester: &Requester,
        draft: &RequestDraft,
        call: CallContext,
        denials: &mut Vec<Denial>,
    ) -> BTreeSet<RuleId> {
        let (id, person) = (&draft.entitlement, &requester.person);
        let facts = facts_of(draft, call.at);
        let action = match draft.urgency {
            Urgency::Usual => Action::Request,
            Urgency::BreakGlass => Action::BreakGlass,
        };
        let permitted = self.engine.may(action, person, id, facts.within(&call));
        let by = permitted.unwrap_or_else(|reasons| {
            denials.extend(reasons);
            BTreeSet::new()
        });
        if draft.urgency == Urgency::BreakGlass {
            for denial in self.engine.forbids_glass(person, id, facts.within(&call)) {
                // A rule about every action is in the list already.
                if !denials.contains(&denial) {
                    denials.push(denial);
                }
            }
        }
        by
    }

    /// The approval that the request needs. If a rule approves it, the rules that do so.
    fn approval(
        &self,
        entry: &Entitlement,
        requester: &Person,
        draft: &RequestDraft,
        call: CallContext,
    ) -> Result<(Approval, BTreeSet<RuleId>), Denial> {
        let id = &draft.entitlement;
        let candidates = |people: &crate::directory::People| {
            let answer = Facts::Answer {
                requester,
                duration: draft.duration,
                ticket: draft.ticket.as_ref(),
            };
            let mut people = people.without(requester, &self.directory);
            people.retain(|who| {
                !self.engine.is_kept_from(Action::Approve, who, id, answer.within(&call))
            });
            people
        };
        if draft.urgency == Urgency::BreakGlass {
            let glass = entry.break_glass.as_ref().ok_or_else(|| Denial::no_glass(id))?;
            let reviewers = candidates(&glass.reviewers);
            if reviewers.is_empty() {
                return Err(Denial::out_of_reach(id, "review"));
            }
            let mut informed: BTreeSet<_> =
                entry.steps.iter().flat_map(|step| candidates(&step.approvers)).collect();
            informed.retain(|person| !reviewers.contains(person));
            let review_by = later(call.at, glass.review_within);
            return Ok((Approval::BreakGlass { reviewers, informed, review_by }, BTreeSet::new()));
        }
        let facts = facts_of(draft, call.at);
        if let Ok(by) = self.engine.may(Action::AutoApprove, requester, id, facts.within(&call)) {
            return Ok((Approval::Rule, by));
        }
        let step = |step: &crate::directory::StepTemplate| Step {
            name: step.name.clone(),
            approvers: candidates(&step.approvers),
            quorum: step.quorum,
        };
        let steps = Steps(entry.steps.iter().map(step).collect());
        if let Some(step) = steps.unmet_by(steps.people()) {
            return Err(Denial::out_of_reach(id, &step.name));
        }
        // Law 5: nobody decides about a window that is over.
        let patience = later(call.at, entry.decide_within);
        let end = draft.starts_at.map(|starts_at| later(starts_at, draft.duration));
        let decide_by = end.map_or(patience, |end| end.min(patience));
        let nudges = self.nudges(entry, requester, (call.at, decide_by));
        Ok((Approval::People { steps, decide_by, nudges }, BTreeSet::new()))
    }

    /// The reminder and the escalation between these two instants, in order of time.
    fn nudges(
        &self,
        entry: &Entitlement,
        requester: &Person,
        (asked_at, decide_by): (Timestamp, Timestamp),
    ) -> Vec<Nudge> {
        let reminder = Nudge::Reminder { at: entry.remind_at.between(asked_at, decide_by) };
        let escalation = entry.escalate.as_ref().and_then(|escalate| {
            let at = escalate.at.between(asked_at, decide_by);
            let to = escalate.to.without(requester, &self.directory);
            (!to.is_empty()).then_some(Nudge::Escalation { at, to })
        });
        let mut nudges: Vec<_> = [reminder].into_iter().chain(escalation).collect();
        nudges.sort_by_key(Nudge::at);
        nudges
    }

    /// The entries that some rule would let this person request, with suitable facts at a suitable
    /// time. Each comes with the denials that stand in the way now, judged for its longest duration
    /// and without a ticket.
    pub fn open_to(
        &self,
        person: &Person,
        call: CallContext,
    ) -> impl Iterator<Item = (&EntitlementId, &Entitlement, Vec<Denial>)> {
        let could = |action: Action, id: &EntitlementId| self.engine.could(action, person, id);
        let open = self.catalogue.iter().filter(move |(id, entry)| {
            let glass = entry.break_glass.is_some() && could(Action::BreakGlass, id);
            glass || could(Action::Request, id)
        });
        open.map(move |(id, entry)| {
            let facts = Facts::Request {
                duration: entry.max_duration,
                starts_at: call.at,
                ticket: None,
                reason_length: Reason::MAX_CHARS,
            };
            let asked = self.engine.may(Action::Request, person, id, facts.within(&call));
            (id, entry, asked.err().unwrap_or_default())
        })
    }

    /// Whether a rule could approve a request of this person for this entry, without people.
    pub fn could_be_automatic(&self, person: &Person, id: &EntitlementId) -> bool {
        self.engine.could(Action::AutoApprove, person, id)
    }

    /// Whether this person could break the glass of an entry.
    pub fn could_break_glass(&self, person: &Person, id: &EntitlementId) -> bool {
        let glass = self.catalogue.get(id).is_some_and(|entry| entry.break_glass.is_some());
        glass && self.engine.could(Action::BreakGlass, person, id)
    }

    /// Whether this person may see the requests of others for this entry.
    pub fn may_read(&self, person: &Person, id: &EntitlementId, call: CallContext) -> bool {
        self.engine.may(Action::ReadAudit, person, id, Facts::Look.within(&call)).is_ok()
    }
}

/// The denials for values outside the bounds of the entry.
fn out_of_bounds(entry: &Entitlement, draft: &RequestDraft, now: Timestamp) -> Vec<Denial> {
    let (id, mut denials) = (&draft.entitlement, Vec::new());
    if draft.duration > entry.max_duration {
        denials.push(Denial::too_long(id, entry.max_duration, draft.duration));
    }
    if let Some(pattern) = &entry.ticket
        && !draft.ticket.as_ref().is_some_and(|ticket| pattern.matches(ticket))
    {
        denials.push(Denial::no_ticket(id, pattern.as_str()));
    }
    if draft.reason.chars() < entry.reason_length {
        denials.push(Denial::short_reason(id, entry.reason_length));
    }
    if let Some(starts_at) = draft.starts_at {
        let latest = later(now, entry.max_ahead);
        if draft.urgency == Urgency::BreakGlass {
            denials.push(Denial::glass_starts_later(id));
        } else if starts_at < now || latest < starts_at {
            denials.push(Denial::starts_outside(id, now, latest));
        }
    }
    denials
}

fn facts_of(draft: &RequestDraft, now: Timestamp) -> Facts<'_> {
    Facts::Request {
        duration: draft.duration,
        starts_at: draft.starts_at.unwrap_or(now),
        ticket: draft.ticket.as_ref(),
        reason_length: draft.reason.chars(),
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by.as_signed()).unwrap_or(Timestamp::MAX)
}
