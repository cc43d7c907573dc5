//! One ask by one person for one entitlement, and what became of it.

use super::review::Decision;
use super::review::Review;
use super::terms::Terms;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    approval::{Approval, Nudge},
    command::Command,
    entry::Entry,
    event::Event,
    refusal::Refusal,
    state::{State, Status},
    statement::{Statement, Verdict},
};
use crate::{
    history::{Actor, Chain},
    value::{Digest, Person, RequestId, Window},
};

/// A request as it stands: the fold of its entries, and what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    id: RequestId,
    #[serde(rename = "ask")]
    terms: Terms,
    asked_at: Timestamp,
    changed_at: Timestamp,
    state: State,
    decisions: Vec<Decision>,
    review: Option<Review>,
    version: u64,
    head: Digest,
}

impl Request {
    /// Opens a request: it, and the first entries of its history. Where no people
    /// decide, the intent to open it is on record in the same step.
    ///
    /// Law 9 starts here: the requester is not among those who answer, and enough
    /// others are.
    pub fn open(
        id: &RequestId,
        terms: Terms,
        now: Timestamp,
    ) -> Result<(Self, Vec<Entry>), Refusal> {
        let own = |person: &Person| *person == terms.requester;
        if terms.approval.people().into_iter().any(own) || terms.approval.escalated_to().any(own) {
            return Err(Refusal::OwnRequest);
        }
        let review = match &terms.approval {
            Approval::People { steps, .. } => {
                let hollow = steps.0.is_empty() || steps.0.iter().any(|step| step.quorum == 0);
                if hollow || !steps.are_met_by(steps.people()) {
                    return Err(Refusal::NobodyCanApprove);
                }
                None
            }
            Approval::BreakGlass { reviewers, .. } if reviewers.is_empty() => {
                return Err(Refusal::NobodyCanApprove);
            }
            Approval::BreakGlass { review_by, .. } => Some(Review::Open { review_by: *review_by }),
            Approval::Rule => None,
        };
        let actor = Actor::Person(terms.requester.clone());
        let event = Event::Asked { terms: Box::new(terms.clone()) };
        let entry = Entry::next(Chain::START, id, now, actor, event);
        let opened = Self {
            id: id.clone(),
            terms,
            asked_at: now,
            changed_at: now,
            state: State::Pending { nudged: 0 },
            decisions: Vec::new(),
            review,
            version: entry.seq,
            head: entry.hash,
        };
        let (opened, followed) = opened.after(Command::Tick, now)?;
        Ok((opened, [vec![entry], followed].concat()))
    }

    /// Decides a command, and applies what follows: the request afterwards, with
    /// the entries that must be recorded together with it.
    ///
    /// Clocks of machines differ, and who lost a race decides again with the time
    /// it came with; in a history, time never runs backwards.
    pub fn after(self, command: Command, now: Timestamp) -> Result<(Self, Vec<Entry>), Refusal> {
        let now = now.max(self.changed_at);
        let actor = command.actor();
        let mut request = self;
        let mut entries = Vec::new();
        for event in request.decide(command, now)? {
            // What follows by itself from somebody's order is the system's doing.
            let actor = if entries.is_empty() { actor.clone() } else { Actor::System };
            let entry = Entry::next(request.chain(), &request.id, now, actor, event);
            request = request.apply(&entry);
            entries.push(entry);
        }
        Ok((request, entries))
    }

    /// Changes the request by what is on record. Refuses nothing.
    #[must_use]
    pub fn apply(mut self, entry: &Entry) -> Self {
        let decision = |verdict, answer: &Statement| Decision {
            verdict,
            answer: answer.clone(),
            at: entry.at,
        };
        match &entry.event {
            Event::Approved(answer) => self.decisions.push(decision(Verdict::Approve, answer)),
            Event::Denied(answer) => self.decisions.push(decision(Verdict::Deny, answer)),
            Event::Reviewed { verdict, answer } => {
                self.review = Some(Review::Done(decision(*verdict, answer)));
            }
            Event::ReviewOverdue => {
                if let Some(Review::Open { review_by }) = self.review {
                    self.review = Some(Review::Overdue { review_by });
                }
            }
            // These change nothing but where it stands. The first event makes the request.
            Event::Asked { .. }
            | Event::Cancelled
            | Event::Expired
            | Event::Reminded
            | Event::Escalated { .. }
            | Event::Scheduled { .. }
            | Event::Activating { .. }
            | Event::Activated
            | Event::Closing
            | Event::Minting { .. }
            | Event::Revoking(_)
            | Event::Revoked { .. }
            | Event::Lifted
            | Event::Ended
            | Event::Failed { .. } => {}
        }
        self.state = self.state.after(&entry.event, entry.at);
        self.version = entry.seq;
        self.head = entry.hash;
        self.changed_at = entry.at;
        self
    }

    /// Its name.
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    /// The terms of the request.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The time of submission.
    pub fn asked_at(&self) -> Timestamp {
        self.asked_at
    }

    /// The state of the request.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The name of where it stands.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// Whether something of it may be in IAM: it opens, is open, or is being closed.
    pub fn is_live(&self) -> bool {
        match self.state {
            State::Activating { .. } | State::Active { .. } | State::Revoking { .. } => true,
            State::Pending { .. }
            | State::Scheduled { .. }
            | State::Denied
            | State::Cancelled
            | State::Expired
            | State::Revoked { .. }
            | State::Ended { .. }
            | State::Failed { .. } => false,
        }
    }

    /// The window in which access is open, once it is fixed.
    pub fn window(&self) -> Option<Window> {
        self.state.window()
    }

    /// The answers so far.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The people who said yes.
    pub fn approved_by(&self) -> impl Iterator<Item = &Person> {
        let yes = self.decisions.iter().filter(|decision| decision.verdict == Verdict::Approve);
        yes.map(|decision| &decision.answer.by)
    }

    /// The review of what was opened without being asked first.
    pub fn review(&self) -> Option<&Review> {
        self.review.as_ref()
    }

    /// The time at which the request came into its state.
    pub fn changed_at(&self) -> Timestamp {
        self.changed_at
    }

    /// The number of entries in its history. Every commit is conditional on it.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The next instant at which somebody must look at this request, or none
    /// once nothing can follow.
    pub fn due_at(&self) -> Option<Timestamp> {
        let state = match &self.state {
            State::Pending { nudged } => {
                let next = self.terms.approval.nudges().get(*nudged).map(Nudge::at);
                next.into_iter().chain(self.decide_by()).min()
            }
            State::Scheduled { window } | State::Activating { window } => {
                Some(self.activate_from(*window))
            }
            State::Active { window, closing: true, .. } => Some(window.ends_at()),
            State::Active { window, closing: false, .. } => {
                Some(window.closing_at().unwrap_or(window.ends_at()))
            }
            State::Revoking { since, live_until, .. } => {
                Some(live_until.filter(|_| !self.terms.grant.can_be_barred()).unwrap_or(*since))
            }
            // Each sweep sees to it that its bar still stands.
            State::Revoked { barred_until, since, .. } => barred_until.map(|_| *since),
            State::Denied
            | State::Cancelled
            | State::Expired
            | State::Ended { .. }
            | State::Failed { .. } => None,
        };
        let review = match self.review {
            Some(Review::Open { review_by }) => Some(review_by),
            Some(Review::Overdue { .. } | Review::Done(_)) | None => None,
        };
        [state, review].into_iter().flatten().min()
    }

    /// The first instant at which it is too late to decide, where people do. Law 5:
    /// never after the end of the window that was asked for.
    pub fn decide_by(&self) -> Option<Timestamp> {
        let decide_by = self.terms.approval.decide_by()?;
        let starts_at = self.terms.starts_at.map(|at| Window::opening(at, self.terms.duration));
        Some(starts_at.map_or(decide_by, |window| window.ends_at().min(decide_by)))
    }

    /// Whether another ask may go on from this one: of the same person, for the same
    /// thing, while this is open or about to be.
    pub fn check_extension(&self, terms: &Terms) -> Result<(), Refusal> {
        let same =
            terms.requester == self.terms.requester && terms.entitlement == self.terms.entitlement;
        let open = matches!(
            self.state,
            State::Scheduled { .. } | State::Activating { .. } | State::Active { .. }
        );
        if same && open {
            Ok(())
        } else {
            Err(Refusal::NotExtendable { id: self.id.clone(), status: self.status() })
        }
    }

    /// The people who take part in this request and may see it.
    pub fn concerns(&self, person: &Person) -> bool {
        let approval = &self.terms.approval;
        let informed =
            matches!(approval, Approval::BreakGlass { informed, .. } if informed.contains(person));
        let escalated = || approval.escalated_to().any(|other| other == person);
        self.terms.requester == *person
            || approval.people().contains(person)
            || informed
            || escalated()
    }

    /// When to begin to open it: a little ahead where the fence keeps it shut until its
    /// start, and at its start where nothing does.
    pub(crate) fn activate_from(&self, window: Window) -> Timestamp {
        if self.terms.grant.has_a_fence() { window.activate_from() } else { window.starts_at() }
    }

    /// The window, if it is approved now: as asked for, or from now on.
    pub fn window_if_approved(&self, now: Timestamp) -> Window {
        Window::opening(self.terms.starts_at.unwrap_or(now), self.terms.duration)
    }

    fn chain(&self) -> Chain {
        Chain { seq: self.version, head: self.head }
    }
}
