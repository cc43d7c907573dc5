//! Chooses the addressees of each mail, from the event and the present state of the request. An
//! event that is delivered late must not ask for a decision that was already made.

use std::collections::BTreeSet;

use domain::{
    request::{
        Approval, Channel, Entry, Event, Request, Review, State, Statement, Status, Verdict,
    },
    value::Person,
};
use jiff::Timestamp;

/// The reason for a mail to its addressee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailKind<'e> {
    /// The addressee may decide, and is asked to.
    DecisionNeeded,
    /// The addressee was asked, and has not answered.
    DecisionReminder,
    /// The request was escalated to the addressee, who may decide.
    EscalatedDecision,
    /// The addressee has to review an access that was opened in an emergency.
    ReviewNeeded,
    /// The review was not done in time.
    ReviewReminder,
    /// Access was opened in an emergency, and the addressee is informed.
    BreakGlassNotice,
    /// The request was escalated to the addressee, who may not decide.
    EscalationNotice,
    /// The addressee was asked, and others settled the request.
    HandledByOthers(Handled<'e>),
    /// An answer was recorded in the addressee's name, by link or after sign-in.
    AnswerReceipt(Verdict, &'e Statement),
    /// The addressee's request was passed on to its approvers.
    RequestReceived,
    /// The addressee's request was escalated to these people, because nobody has decided.
    StillWaiting(&'e BTreeSet<Person>),
    /// One approver said yes, and more have to.
    MoreApprovalsNeeded(&'e Statement),
    /// The request was approved, and access opens later.
    AccessScheduled,
    /// The request was denied.
    AccessDenied(&'e Statement),
    /// The request expired: nobody decided in time.
    RequestExpired,
    /// Access is open.
    AccessOpened,
    /// Access ends soon.
    AccessEnding,
    /// Access was closed early.
    AccessRevoked(&'e Statement),
    /// Access has ended.
    AccessEnded,
    /// Access could not be opened.
    AccessFailed,
    /// An access that the addressee opened in an emergency has been reviewed.
    ReviewDone,
}

impl MailKind<'_> {
    /// Whether the mail asks for an answer, and so carries a link.
    pub(crate) fn wants_an_answer(self) -> bool {
        match self {
            Self::DecisionNeeded
            | Self::DecisionReminder
            | Self::EscalatedDecision
            | Self::ReviewNeeded
            | Self::ReviewReminder => true,
            Self::BreakGlassNotice
            | Self::EscalationNotice
            | Self::HandledByOthers(_)
            | Self::AnswerReceipt(..)
            | Self::RequestReceived
            | Self::StillWaiting(_)
            | Self::MoreApprovalsNeeded(_)
            | Self::AccessScheduled
            | Self::AccessDenied(_)
            | Self::RequestExpired
            | Self::AccessOpened
            | Self::AccessEnding
            | Self::AccessRevoked(_)
            | Self::AccessEnded
            | Self::AccessFailed
            | Self::ReviewDone => false,
        }
    }

    /// Whether mails of this kind about several requests of one person share one.
    pub(crate) fn may_be_bundled(self) -> bool {
        match self {
            Self::DecisionNeeded | Self::DecisionReminder => true,
            Self::EscalatedDecision
            | Self::ReviewNeeded
            | Self::ReviewReminder
            | Self::BreakGlassNotice
            | Self::EscalationNotice
            | Self::HandledByOthers(_)
            | Self::AnswerReceipt(..)
            | Self::RequestReceived
            | Self::StillWaiting(_)
            | Self::MoreApprovalsNeeded(_)
            | Self::AccessScheduled
            | Self::AccessDenied(_)
            | Self::RequestExpired
            | Self::AccessOpened
            | Self::AccessEnding
            | Self::AccessRevoked(_)
            | Self::AccessEnded
            | Self::AccessFailed
            | Self::ReviewDone => false,
        }
    }
}

/// The way in which a request was handled without the addressee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handled<'e> {
    /// Others approved the request.
    Approved(&'e Statement),
    /// Another approver denied the request.
    Denied(&'e Statement),
    /// The requester took the request back.
    Cancelled,
    /// Another reviewer did the review.
    Reviewed(Verdict, &'e Statement),
}

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
        let note = self.to_requester().map(|note| (requester, note));
        self.to_approvers().into_iter().chain(self.receipt()).chain(note).collect()
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
        let all = |people: BTreeSet<&'e Person>, note| {
            people.into_iter().map(move |person| (person, note)).collect()
        };
        match &self.entry.event {
            Event::Asked { .. } => self.asked_or_informed(),
            Event::Reminded if self.request.may_be_decided(self.now) => {
                all(self.silent(), MailKind::DecisionReminder)
            }
            Event::Escalated { to } if self.request.may_be_decided(self.now) => {
                let (may, answered) = (approval.people(), answered(self.request));
                let others = to.iter().filter(|person| !answered.contains(person));
                let note = |who| {
                    if may.contains(&who) {
                        MailKind::EscalatedDecision
                    } else {
                        MailKind::EscalationNotice
                    }
                };
                others.map(|person| (person, note(person))).collect()
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
    fn reviewers(self, note: MailKind<'e>) -> Vec<(&'e Person, MailKind<'e>)> {
        match self.request.review() {
            Some(Review::Open { .. } | Review::Overdue { .. }) => {
                let people = self.request.terms().approval.people();
                people.into_iter().map(|person| (person, note)).collect()
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

fn answered(request: &Request) -> BTreeSet<&Person> {
    request.decisions().iter().map(|decision| &decision.answer.by).collect()
}
