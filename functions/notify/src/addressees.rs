//! Chooses the addressees of each mail, from the event and the present state of the request. An
//! event that is delivered late must not ask for a decision that was already made.

use std::collections::BTreeSet;

use domain::{
    request::{Approval, Channel, Entry, Event, Request, Review, State, Status},
    value::Person,
};
use jiff::Timestamp;

use crate::mail_kind::{Handled, MailKind};

/// An entry of a history, with the present state of its request.
#[derive(Clone, Copy)]
pub(crate) struct EventContext<'e> {
    pub(crate) request: &'e Request,
    pub(crate) history: &'e [Entry],
    pub(crate) entry: &'e Entry,
    pub(crate) now: Timestamp,
}

impl<'e> EventContext<'e> {
    /// The people who hear of the entry, each with the reason for the mail.
    pub(crate) fn addressees(self) -> Vec<(&'e Person, MailKind<'e>)> {
        let requester = &self.request.terms().requester;
        let kind = self.to_requester().map(|kind| (requester, kind));
        self.to_approvers().into_iter().chain(self.receipt()).chain(kind).collect()
    }

    /// The mail to the person whose link or sign-in was used: only they can notice that somebody
    /// else has used it. A person who calls the API does so with a key of their own, and gets no
    /// mail.
    fn receipt(self) -> Option<(&'e Person, MailKind<'e>)> {
        let (verdict, answer) = self.entry.event.said()?;
        match answer.channel {
            Channel::Link | Channel::SignedIn => {
                Some((&answer.by, MailKind::AnswerReceipt(verdict, answer)))
            }
            Channel::Api => None,
        }
    }

    /// The mails to people who answer, or might have answered.
    fn to_approvers(self) -> Vec<(&'e Person, MailKind<'e>)> {
        let (approval, requester) =
            (&self.request.terms().approval, &self.request.terms().requester);
        let all = |people: BTreeSet<&'e Person>, kind| {
            people.into_iter().map(move |person| (person, kind)).collect()
        };
        match &self.entry.event {
            Event::Asked { .. } => self.asked_or_informed(),
            Event::Reminded if self.request.may_be_decided(self.now) => {
                all(self.silent(), MailKind::DecisionReminder)
            }
            Event::Escalated { to } if self.request.may_be_decided(self.now) => {
                let (may, answered) = (approval.people(), answered(self.request));
                let others = to.iter().filter(|person| !answered.contains(person));
                let kind = |who| {
                    if may.contains(&who) {
                        MailKind::EscalatedDecision
                    } else {
                        MailKind::EscalationNotice
                    }
                };
                others.map(|person| (person, kind(person))).collect()
            }
            Event::Denied(answer) => {
                all(self.others(&answer.by), MailKind::HandledByOthers(Handled::Denied(answer)))
            }
            Event::Approved(answer) if self.is_last_yes() => {
                all(self.others(&answer.by), MailKind::HandledByOthers(Handled::Approved(answer)))
            }
            // After the approval, all others have heard already that the request is settled.
            Event::Cancelled if self.happened_before(is_settling) => {
                all(answered(self.request), MailKind::HandledByOthers(Handled::Cancelled))
            }
            Event::Cancelled => {
                all(self.others(requester), MailKind::HandledByOthers(Handled::Cancelled))
            }
            Event::Reviewed { verdict, answer } => {
                let mut others = approval.people();
                others.remove(&answer.by);
                let handled = Handled::Reviewed(*verdict, answer);
                all(others, MailKind::HandledByOthers(handled))
            }
            Event::ReviewOverdue => self.reviewers(MailKind::ReviewReminder),
            Event::Reminded
            | Event::Escalated { .. }
            | Event::Approved(_)
            | Event::Expired
            | Event::Scheduled { .. }
            | Event::Activating { .. }
            | Event::Activated
            | Event::Closing
            | Event::Revoking(_)
            | Event::Revoked { .. }
            | Event::Lifted
            | Event::Minting { .. }
            | Event::Ended
            | Event::Failed { .. } => Vec::new(),
        }
    }

    /// The people who hear of a new request.
    fn asked_or_informed(self) -> Vec<(&'e Person, MailKind<'e>)> {
        let approval = &self.request.terms().approval;
        match approval {
            Approval::People { .. } if self.request.may_be_decided(self.now) => {
                let asked = approval.asked_first().into_iter();
                asked.map(|person| (person, MailKind::DecisionNeeded)).collect()
            }
            Approval::BreakGlass { informed, .. } => {
                let reviewers = self.reviewers(MailKind::ReviewNeeded);
                let informed = informed.iter();
                let informed = informed.map(|person| (person, MailKind::BreakGlassNotice));
                reviewers.into_iter().chain(informed).collect()
            }
            Approval::People { .. } | Approval::Rule => Vec::new(),
        }
    }

    /// The mail to the requester.
    fn to_requester(self) -> Option<MailKind<'e>> {
        let open = || match self.request.state() {
            State::Active { window, .. } => !window.is_over(self.now),
            State::Pending { .. }
            | State::Denied
            | State::Cancelled
            | State::Expired
            | State::Scheduled { .. }
            | State::Activating { .. }
            | State::Revoking { .. }
            | State::Revoked { .. }
            | State::Ended { .. }
            | State::Failed { .. } => false,
        };
        match &self.entry.event {
            Event::Asked { .. } => {
                self.request.may_be_decided(self.now).then_some(MailKind::RequestReceived)
            }
            Event::Escalated { to } => {
                self.request.may_be_decided(self.now).then_some(MailKind::StillWaiting(to))
            }
            Event::Approved(answer) => self
                .request
                .may_be_decided(self.now)
                .then_some(MailKind::MoreApprovalsNeeded(answer)),
            Event::Denied(answer) => Some(MailKind::AccessDenied(answer)),
            Event::Expired => Some(MailKind::RequestExpired),
            Event::Scheduled { .. } => {
                (self.request.status() == Status::Scheduled).then_some(MailKind::AccessScheduled)
            }
            Event::Activated => open().then_some(MailKind::AccessOpened),
            Event::Closing => open().then_some(MailKind::AccessEnding),
            // A requester who gives the access back gets no mail about it.
            Event::Revoking(answer) => (answer.by != self.request.terms().requester)
                .then_some(MailKind::AccessRevoked(answer)),
            Event::Ended => Some(MailKind::AccessEnded),
            Event::Failed { .. } => Some(MailKind::AccessFailed),
            Event::Reviewed { .. } => Some(MailKind::ReviewDone),
            Event::Reminded
            | Event::Cancelled
            | Event::Activating { .. }
            | Event::Revoked { .. }
            | Event::Lifted
            | Event::Minting { .. }
            | Event::ReviewOverdue => None,
        }
    }

    /// Whether this is the last yes. Its consequence is the next entry, of the same commit.
    fn is_last_yes(self) -> bool {
        let next = self.history.iter().find(|next| next.seq == self.entry.seq + 1);
        next.is_some_and(|next| is_settling(&next.event))
    }

    /// The people who were asked before this entry and have not answered by now.
    fn silent(self) -> BTreeSet<&'e Person> {
        self.asked().difference(&answered(self.request)).copied().collect()
    }

    /// The people who know that a decision was pending, except `by`, who settled it.
    fn others(self, by: &Person) -> BTreeSet<&'e Person> {
        let mut others = self.asked();
        if self.happened_before(is_escalation) {
            others.extend(self.request.terms().approval.escalated_to());
        }
        others.remove(by);
        others
    }

    /// The people who were asked before this entry. Those who are kept for an escalation were asked
    /// only after it.
    fn asked(self) -> BTreeSet<&'e Person> {
        let approval = &self.request.terms().approval;
        if self.happened_before(is_escalation) { approval.people() } else { approval.asked_first() }
    }

    fn happened_before(self, what: fn(&Event) -> bool) -> bool {
        let mut earlier = self.history.iter().take_while(|entry| entry.seq < self.entry.seq);
        earlier.any(|entry| what(&entry.event))
    }

    /// The people who have to review the emergency access, while nobody has reviewed it.
    fn reviewers(self, kind: MailKind<'e>) -> Vec<(&'e Person, MailKind<'e>)> {
        match self.request.review() {
            Some(Review::Open { .. } | Review::Overdue { .. }) => {
                let people = self.request.terms().approval.people();
                people.into_iter().map(|person| (person, kind)).collect()
            }
            Some(Review::Done(_)) | None => Vec::new(),
        }
    }
}

fn is_escalation(event: &Event) -> bool {
    matches!(event, Event::Escalated { .. })
}

/// Whether this event is the consequence of the last yes.
fn is_settling(event: &Event) -> bool {
    matches!(event, Event::Activating { .. } | Event::Scheduled { .. })
}

/// The people who have decided on the request.
pub(crate) fn answered(request: &Request) -> BTreeSet<&Person> {
    request.decisions().iter().map(|decision| &decision.answer.by).collect()
}
