//! The one place where a command is answered.
//!
//! `decide` may refuse and changes nothing. A wildcard here may refuse, never
//! permit: each arm that lets something happen is spelled out.

use jiff::Timestamp;

use super::{
    approval::{Approval, Nudge},
    cause::Cause,
    command::{Command, Shown},
    event::Event,
    lifecycle::Request,
    refusal::Refusal,
    review::Review,
    state::State,
    statement::Verdict,
    statement::{Channel, Statement},
};
use crate::value::Person;

impl Request {
    /// Answers a command with the events that follow from it, or with a refusal.
    ///
    /// A report that comes again (a second delivery, a repeated effect) is answered with no events,
    /// so that doing twice is doing once.
    pub fn decide(&self, command: Command, now: Timestamp) -> Result<Vec<Event>, Refusal> {
        match (command, self.state()) {
            (Command::Decide { verdict, answer, shown }, _) if self.review().is_some() => {
                self.check_review(&answer, shown)?;
                Ok(vec![Event::Reviewed { verdict, answer }])
            }
            (Command::Decide { verdict, answer, shown }, State::Pending { .. }) => {
                self.check_decision(&answer, shown, now)?;
                Ok(self.answered(verdict, answer, now))
            }
            (Command::Decide { answer, .. }, _) => Err(self.settled_for(&answer.by)),

            (Command::Cancel { by }, State::Pending { .. } | State::Scheduled { .. })
                if by == self.terms().requester =>
            {
                Ok(vec![Event::Cancelled])
            }
            (Command::Cancel { by }, _) if by != self.terms().requester => {
                Err(Refusal::NotYours { requester: self.terms().requester.clone() })
            }

            (
                Command::Revoke(answer),
                State::Scheduled { .. } | State::Activating { .. } | State::Active { .. },
            ) => Ok(vec![Event::Revoking(answer)]),
            (Command::Revoke(_), State::Pending { .. }) => Err(Refusal::NotApproved),
            (Command::Cancel { .. } | Command::Revoke(_), _) => Err(self.too_late()),

            (Command::Mint { by, call }, _) => Ok(vec![self.minting(&by, call, now)?]),

            (Command::Tick, _) => Ok(self.due(now).into_iter().chain(self.overdue(now)).collect()),
            (Command::Opened, State::Activating { .. }) => Ok(vec![Event::Activated]),
            (Command::Closed, State::Active { .. }) => Ok(vec![Event::Ended]),
            (Command::Closed, State::Revoking { .. }) => {
                Ok(vec![Event::Revoked { barred_until: None }])
            }
            (Command::Barred(until), State::Revoking { .. }) => {
                Ok(vec![Event::Revoked { barred_until: Some(until) }])
            }
            (Command::Lifted, State::Revoked { barred_until: Some(_), .. }) => {
                Ok(vec![Event::Lifted])
            }
            (Command::Closed, State::Activating { .. }) => {
                Ok(vec![Event::Failed { cause: Cause::TooLate }])
            }
            (Command::GiveUp(cause), State::Activating { .. }) => Ok(vec![Event::Failed { cause }]),
            (
                Command::Opened
                | Command::Closed
                | Command::Barred(_)
                | Command::Lifted
                | Command::GiveUp(_),
                _,
            ) => Ok(vec![]),
        }
    }

    /// The events that follow from the time alone.
    fn due(&self, now: Timestamp) -> Vec<Event> {
        match self.state() {
            State::Pending { nudged } => match &self.terms().approval {
                Approval::People { .. } if self.is_too_late(now) => vec![Event::Expired],
                Approval::People { nudges, .. } => {
                    let due = nudges.iter().skip(*nudged).take_while(|nudge| nudge.at() <= now);
                    due.map(nudging).collect()
                }
                Approval::Rule | Approval::BreakGlass { .. } => vec![self.approved(now)],
            },
            State::Scheduled { window } if window.is_over(now) => {
                vec![Event::Failed { cause: Cause::TooLate }]
            }
            State::Scheduled { window } if self.activate_from(*window) <= now => {
                vec![Event::Activating { window: *window }]
            }
            State::Active { window, closing: false, .. }
                if !window.is_over(now) && window.closing_at().is_some_and(|at| at <= now) =>
            {
                vec![Event::Closing]
            }
            State::Scheduled { .. }
            | State::Activating { .. }
            | State::Active { .. }
            | State::Revoking { .. }
            | State::Revoked { .. }
            | State::Denied
            | State::Cancelled
            | State::Expired
            | State::Ended { .. }
            | State::Failed { .. } => vec![],
        }
    }

    fn overdue(&self, now: Timestamp) -> Option<Event> {
        match self.review() {
            Some(Review::Open { review_by }) if *review_by <= now => Some(Event::ReviewOverdue),
            Some(Review::Open { .. } | Review::Overdue { .. } | Review::Done(_)) | None => None,
        }
    }

    /// Checks laws 9, 5 and 10, in the order in which a person should hear of the refusals.
    fn check_decision(
        &self,
        answer: &Statement,
        shown: Shown,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let by = &answer.by;
        if *by == self.terms().requester {
            return Err(Refusal::OwnRequest);
        }
        if !self.terms().approval.people().contains(by) {
            return Err(Refusal::NotAnApprover);
        }
        if let Some(answered) = self.answer_of(by) {
            return Err(answered);
        }
        if let Some(decide_by) = self.decide_by()
            && decide_by <= now
        {
            return Err(Refusal::TooLate { decide_by });
        }
        self.check_sign_in(answer)?;
        self.check_shown(shown)
    }

    /// Like `check_decision`, for a review. A review has no deadline: late is better than never.
    /// The rules in force say who may give one, because the people who were asked may have left.
    fn check_review(&self, answer: &Statement, shown: Shown) -> Result<(), Refusal> {
        let by = &answer.by;
        if *by == self.terms().requester {
            return Err(Refusal::OwnRequest);
        }
        match self.review() {
            Some(Review::Done(review)) if review.answer.by == *by => {
                Err(Refusal::AlreadyAnswered { verdict: review.verdict, at: review.at })
            }
            Some(Review::Done(review)) => Err(Refusal::Reviewed { by: review.answer.by.clone() }),
            Some(Review::Open { .. } | Review::Overdue { .. }) | None => {
                self.check_sign_in(answer)?;
                self.check_shown(shown)
            }
        }
    }

    /// Refuses a link alone if a sign-in is needed: a link can be forwarded, a sign-in cannot.
    fn check_sign_in(&self, answer: &Statement) -> Result<(), Refusal> {
        match answer.channel {
            Channel::Link if self.terms().sign_in => Err(Refusal::SignInNeeded),
            Channel::Link | Channel::SignedIn | Channel::Api => Ok(()),
        }
    }

    /// Refuses an answer to another grant, or to a version that is not on record yet (law 10). An
    /// earlier version is fine: another yes may have come in since.
    fn check_shown(&self, shown: Shown) -> Result<(), Refusal> {
        let stale = shown.digest != self.terms().grant.digest() || shown.version > self.version();
        if stale { Err(Refusal::Stale) } else { Ok(()) }
    }

    /// The events that follow from an answer. The last yes and the intent to open are one step, so
    /// a request is never approved without its end on record.
    fn answered(&self, verdict: Verdict, answer: Statement, now: Timestamp) -> Vec<Event> {
        match verdict {
            Verdict::Deny => vec![Event::Denied(answer)],
            Verdict::Approve => {
                let is_last = {
                    let yes = self.approved_by().chain([&answer.by]);
                    matches!(&self.terms().approval, Approval::People { steps, .. } if steps.are_met_by(yes))
                };
                let opening = is_last.then(|| self.approved(now));
                [Event::Approved(answer)].into_iter().chain(opening).collect()
            }
        }
    }

    /// The event that follows from an approval. It records the end of access.
    fn approved(&self, now: Timestamp) -> Event {
        let window = self.window_if_approved(now);
        if now < self.activate_from(window) {
            Event::Scheduled { window }
        } else {
            Event::Activating { window }
        }
    }

    fn settled_for(&self, by: &Person) -> Refusal {
        if *by == self.terms().requester {
            return Refusal::OwnRequest;
        }
        self.answer_of(by).unwrap_or_else(|| self.too_late())
    }

    fn too_late(&self) -> Refusal {
        let status = self.status();
        if status.is_terminal() {
            Refusal::AlreadyFinal { status }
        } else {
            Refusal::AlreadyDecided { status }
        }
    }

    fn answer_of(&self, by: &Person) -> Option<Refusal> {
        let earlier = self.decisions().iter().find(|decision| decision.answer.by == *by)?;
        Some(Refusal::AlreadyAnswered { verdict: earlier.verdict, at: earlier.at })
    }

    /// Whether it is too late to decide. At `decide_by` it is.
    fn is_too_late(&self, now: Timestamp) -> bool {
        self.decide_by().is_some_and(|decide_by| decide_by <= now)
    }
}

/// The event that records a nudge.
fn nudging(nudge: &Nudge) -> Event {
    match nudge {
        Nudge::Reminder { .. } => Event::Reminded,
        Nudge::Escalation { to, .. } => Event::Escalated { to: to.clone() },
    }
}
