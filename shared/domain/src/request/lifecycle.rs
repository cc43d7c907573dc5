//! One request by one person for one entitlement, from its submission to its end.

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

/// A request in its current state: the fold of its entries, in the form that is stored.
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
    /// Makes a new request, with the first entries of its history. If no people decide, the
    /// approval is recorded in the same step.
    ///
    /// Law 9 starts here: the requester must not be among those who answer, and enough others must
    /// be.
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

    /// Decides a command, and applies the events that follow. Returns the request afterwards, with
    /// the entries that must be recorded together with it.
    ///
    /// In a history, time never runs backwards, so an earlier `now` counts as the time of the last
    /// entry. It can be earlier: clocks of machines differ, and the loser of a race decides again
    /// with the time that it had.
    pub fn after(self, command: Command, now: Timestamp) -> Result<(Self, Vec<Entry>), Refusal> {
        let now = now.max(self.changed_at);
        let actor = command.actor();
        let mut request = self;
        let mut entries = Vec::new();
        for event in request.decide(command, now)? {
            // The person is the actor of the first event. The events that follow from it are the
            // system's.
            let actor = if entries.is_empty() { actor.clone() } else { Actor::System };
            let entry = Entry::next(request.chain(), &request.id, now, actor, event);
            request = request.apply(&entry);
            entries.push(entry);
        }
        Ok((request, entries))
    }

    /// Changes the request by an entry on record. Refuses nothing.
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
            // These change only the state. The first of them makes the request.
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

    /// The id of the request.
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

    /// The name of its state.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// Whether its grant may be in IAM: access opens, is open, or is being closed.
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

    /// The decisions so far. A review is not among them.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The people who said yes.
    pub fn approved_by(&self) -> impl Iterator<Item = &Person> {
        let yes = self.decisions.iter().filter(|decision| decision.verdict == Verdict::Approve);
        yes.map(|decision| &decision.answer.by)
    }

    /// The review of access that was opened by breaking glass. `None` for other requests.
    pub fn review(&self) -> Option<&Review> {
        self.review.as_ref()
    }

    /// The time of its last entry.
    pub fn changed_at(&self) -> Timestamp {
        self.changed_at
    }

    /// The number of entries in its history. Every commit is conditional on it.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The next instant at which the sweep must look at this request. `None` once nothing is due
    /// any more.
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
            State::Revoking { since, live_until, .. } => Some(
                live_until.filter(|_| self.terms.grant.barred_role().is_none()).unwrap_or(*since),
            ),
            // Each sweep checks that its bar still stands.
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

    /// The first instant at which it is too late to decide. `None` unless people decide. Law 5: it
    /// is never after the end of the requested window.
    pub fn decide_by(&self) -> Option<Timestamp> {
        let decide_by = self.terms.approval.decide_by()?;
        let starts_at = self.terms.starts_at.map(|at| Window::opening(at, self.terms.duration));
        Some(starts_at.map_or(decide_by, |window| window.ends_at().min(decide_by)))
    }

    /// Whether people may decide at `now`: it waits for them, and its deadline is still to come.
    pub fn may_be_decided(&self, now: Timestamp) -> bool {
        self.status().awaits_decision() && self.decide_by().is_some_and(|at| now < at)
    }

    /// Checks that another request may extend this one: both are of the same person and for the
    /// same entitlement, and this one is open or about to open. Refused otherwise.
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

    /// Whether this person takes part in the request, and so may see it.
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

    /// The time to begin opening: two minutes before the start if a fence keeps the grant shut
    /// until then, and the start itself if there is no fence.
    pub(crate) fn activate_from(&self, window: Window) -> Timestamp {
        if self.terms.grant.has_a_fence() { window.activate_from() } else { window.starts_at() }
    }

    /// The window that an approval at `now` fixes. It starts at the requested start, or at `now`.
    pub fn window_if_approved(&self, now: Timestamp) -> Window {
        Window::opening(self.terms.starts_at.unwrap_or(now), self.terms.duration)
    }

    fn chain(&self) -> Chain {
        Chain { seq: self.version, head: self.head }
    }
}
