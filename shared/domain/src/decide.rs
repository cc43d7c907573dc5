//! The one place where a command is answered.
//!
//! `decide` may refuse and changes nothing. A wildcard here may refuse, never
//! permit: each arm that lets something happen is spelled out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Actor, Answer, Cause, Digest, Event, Person, Refusal, Request, State, Window};

/// An order: something somebody wants to happen to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// An approver answers.
    Decide {
        /// Yes or no.
        verdict: Verdict,
        /// Who, why, and which way it came.
        answer: Answer,
        /// What was on the screen when they answered.
        shown: Shown,
    },
    /// The requester takes it back.
    Cancel {
        /// Who asks for it.
        by: Person,
    },
    /// Time has passed: let happen what is due.
    Tick,
    /// IAM has accepted the grant.
    Opened,
    /// Nothing of the grant is left in IAM.
    Closed,
    /// The grant can never be opened, and nothing of it is left in IAM.
    GiveUp(Cause),
}

/// An approver's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Deny,
}

impl Verdict {
    /// What the answer makes of the request, in words.
    pub fn past(self) -> &'static str {
        match self {
            Self::Approve => "yes",
            Self::Deny => "no",
        }
    }
}

/// What an approver had before them when they answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The digest of the grant.
    pub digest: Digest,
    /// The version of the request.
    pub version: u64,
}

impl Command {
    /// Who gives the order.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Decide { answer: Answer { by, .. }, .. } | Self::Cancel { by } => {
                Actor::Person(by.clone())
            }
            Self::Tick | Self::Opened | Self::Closed | Self::GiveUp(_) => Actor::System,
        }
    }
}

impl Request {
    /// Answers a command with the events that follow from it, or with a refusal.
    ///
    /// What already happened and happens again (a second delivery, a repeated
    /// effect) is answered with no events, so that doing twice is doing once.
    pub fn decide(&self, command: Command, now: Timestamp) -> Result<Vec<Event>, Refusal> {
        match (command, self.state()) {
            (Command::Decide { verdict, answer, shown }, State::Pending) => {
                self.check_decision(&answer.by, shown, now)?;
                Ok(self.answered(verdict, answer, now))
            }
            (Command::Decide { answer, .. }, _) => Err(self.settled_for(&answer.by)),

            (Command::Cancel { by }, State::Pending) if by == self.ask().requester => {
                Ok(vec![Event::Cancelled])
            }
            (Command::Cancel { by }, _) if by != self.ask().requester => {
                Err(Refusal::NotYours { requester: self.ask().requester.clone() })
            }
            (Command::Cancel { .. }, _) => Err(Refusal::Settled { status: self.status() }),

            (Command::Tick, State::Pending) if self.is_too_late(now) => Ok(vec![Event::Expired]),
            (Command::Opened, State::Activating { .. }) => Ok(vec![Event::Activated]),
            (Command::Closed, State::Active { .. }) => Ok(vec![Event::Ended]),
            (Command::Closed, State::Activating { .. }) => {
                Ok(vec![Event::Failed { cause: Cause::TooLate }])
            }
            (Command::GiveUp(cause), State::Activating { .. }) => Ok(vec![Event::Failed { cause }]),
            (Command::Tick | Command::Opened | Command::Closed | Command::GiveUp(_), _) => {
                Ok(vec![])
            }
        }
    }

    /// Law 9 and law 10, in the order in which a person should hear of them.
    fn check_decision(&self, by: &Person, shown: Shown, now: Timestamp) -> Result<(), Refusal> {
        if *by == self.ask().requester {
            return Err(Refusal::OwnRequest);
        }
        if !self.ask().approvers.contains(by) {
            return Err(Refusal::NotAnApprover);
        }
        if let Some(answered) = self.answer_of(by) {
            return Err(answered);
        }
        if self.is_too_late(now) {
            return Err(Refusal::TooLate { decide_by: self.ask().decide_by });
        }
        // An earlier version is fine: another yes has come in since.
        if shown.digest != self.ask().grant.digest() || shown.version > self.version() {
            return Err(Refusal::Stale);
        }
        Ok(())
    }

    /// The last yes and the intent to activate are one step: there is no moment
    /// at which a request is approved and its end is not on record.
    fn answered(&self, verdict: Verdict, answer: Answer, now: Timestamp) -> Vec<Event> {
        match verdict {
            Verdict::Deny => vec![Event::Denied(answer)],
            Verdict::Approve => {
                let mut events = vec![Event::Approved(answer)];
                if self.decisions().len() + 1 >= self.ask().quorum {
                    let window = Window::opening(now, self.ask().duration);
                    events.push(Event::Activating { window });
                }
                events
            }
        }
    }

    fn settled_for(&self, by: &Person) -> Refusal {
        if *by == self.ask().requester {
            return Refusal::OwnRequest;
        }
        self.answer_of(by).unwrap_or(Refusal::Settled { status: self.status() })
    }

    fn answer_of(&self, by: &Person) -> Option<Refusal> {
        let earlier = self.decisions().iter().find(|decision| decision.answer.by == *by)?;
        Some(Refusal::AlreadyAnswered { verdict: earlier.verdict, at: earlier.at })
    }

    /// Too late at `decide_by`, not after it.
    fn is_too_late(&self, now: Timestamp) -> bool {
        self.ask().decide_by <= now
    }
}
