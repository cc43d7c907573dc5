//! One ask by one person for one entitlement, and what became of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Actor, Answer, Chain, Command, Digest, Duration, EntitlementId, Entry, Event, Grant, Person,
    Reason, Refusal, RequestId, State, Status, Verdict, Window,
};

/// What was asked, by whom, and who may decide it: fixed when it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The entry of the catalogue.
    pub entitlement: EntitlementId,
    /// Its title, as the approver reads it.
    pub title: String,
    /// Who asks, and who will have the access.
    pub requester: Person,
    /// Why.
    pub reason: Reason,
    /// For how long.
    pub duration: Duration,
    /// The first instant at which it is too late to decide.
    pub decide_by: Timestamp,
    /// Who may decide. Never the requester.
    pub approvers: BTreeSet<Person>,
    /// How many of them must say yes.
    pub quorum: usize,
    /// What will be made true.
    pub grant: Grant,
    /// The rules that said so.
    pub rules: Digest,
}

/// One approver's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Yes or no.
    pub verdict: Verdict,
    /// Who, why, and which way it came.
    #[serde(flatten)]
    pub answer: Answer,
    /// When.
    pub at: Timestamp,
}

/// A request as it stands: the fold of its entries, and what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    id: RequestId,
    ask: Ask,
    asked_at: Timestamp,
    changed_at: Timestamp,
    state: State,
    decisions: Vec<Decision>,
    version: u64,
    head: Digest,
}

impl Request {
    /// Opens a request: the first entry of its history, and the request it makes.
    ///
    /// Law 9 starts here: the requester is not among the approvers, and enough
    /// others are.
    pub fn open(id: &RequestId, ask: Ask, now: Timestamp) -> Result<(Self, Entry), Refusal> {
        if ask.approvers.contains(&ask.requester) {
            return Err(Refusal::OwnRequest);
        }
        if ask.quorum == 0 || ask.approvers.len() < ask.quorum {
            return Err(Refusal::NobodyCanApprove);
        }
        let actor = Actor::Person(ask.requester.clone());
        let event = Event::Asked { ask: Box::new(ask.clone()) };
        let entry = Chain::START.next(id, now, actor, event);
        let opened = Self {
            id: id.clone(),
            ask,
            asked_at: now,
            changed_at: now,
            state: State::Pending,
            decisions: Vec::new(),
            version: entry.seq,
            head: entry.hash,
        };
        Ok((opened, entry))
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
            let entry = request.chain().next(&request.id, now, actor, event);
            request = request.apply(&entry);
            entries.push(entry);
        }
        Ok((request, entries))
    }

    /// Changes the request by what is on record. Refuses nothing.
    #[must_use]
    pub fn apply(mut self, entry: &Entry) -> Self {
        let mut decided = |verdict, answer: &Answer| {
            self.decisions.push(Decision { verdict, answer: answer.clone(), at: entry.at });
        };
        self.state = match (&entry.event, self.state) {
            (Event::Approved(answer), state) => {
                decided(Verdict::Approve, answer);
                state
            }
            (Event::Denied(answer), _) => {
                decided(Verdict::Deny, answer);
                State::Denied
            }
            (Event::Cancelled, _) => State::Cancelled,
            (Event::Expired, _) => State::Expired,
            (Event::Activating { window }, _) => State::Activating { window: *window },
            (Event::Activated, State::Activating { window }) => State::Active { window },
            (Event::Ended, State::Active { window }) => State::Ended { window },
            (Event::Failed { cause }, _) => State::Failed { cause: *cause },
            // The first event makes the request and changes nothing after that.
            // The others were decided in the states above; a record that says
            // otherwise opens nothing.
            (Event::Asked { .. } | Event::Activated | Event::Ended, state) => state,
        };
        self.version = entry.seq;
        self.head = entry.hash;
        self.changed_at = entry.at;
        self
    }

    /// Its name.
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    /// What was asked.
    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    /// When it was asked.
    pub fn asked_at(&self) -> Timestamp {
        self.asked_at
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The name of where it stands.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// When access is open, once that is fixed.
    pub fn window(&self) -> Option<Window> {
        self.state.window()
    }

    /// The answers so far.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// How many entries its history has. Every commit is conditional on it.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The next instant at which somebody must look at this request, or none
    /// once nothing can follow.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Pending => Some(self.ask.decide_by),
            State::Activating { window } => Some(window.starts_at()),
            State::Active { window } => Some(window.ends_at()),
            State::Denied
            | State::Cancelled
            | State::Expired
            | State::Ended { .. }
            | State::Failed { .. } => None,
        }
    }

    /// Who has to do with this request and may see it.
    pub fn concerns(&self, person: &Person) -> bool {
        self.ask.requester == *person || self.ask.approvers.contains(person)
    }

    fn chain(&self) -> Chain {
        Chain { seq: self.version, head: self.head }
    }
}
