//! Who hears of what: from the event, and from where the request stands by now. A
//! late delivery must not ask for a decision that was made.

use std::collections::BTreeSet;

use domain::{
    request::{
        Approval, Channel, Entry, Event, Request, Review, State, Statement, Status, Verdict,
    },
    value::Person,
};
use jiff::Timestamp;

/// Why somebody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailKind<'e> {
    /// They may decide, and are asked to.
    DecisionNeeded,
    /// They were asked, and have not answered.
    DecisionReminder,
    /// They may decide, and others have not.
    EscalatedDecision,
    /// They are to look at what was opened in an emergency.
    ReviewNeeded,
    /// Nobody did, in time.
    ReviewReminder,
    /// They would have been asked, had there been time.
    BreakGlassNotice,
    /// Nobody has decided, and they should know.
    EscalationNotice,
    /// They were asked, and it is settled.
    HandledByOthers(Handled<'e>),
    /// A link of theirs was used: what is on record in their name.
    AnswerReceipt(Verdict, &'e Statement),
    /// What they asked for was passed on to those who decide.
    RequestReceived,
    /// Nobody has decided, and others have heard of it now.
    StillWaiting(&'e BTreeSet<Person>),
    /// One said yes, and more have to.
    MoreApprovalsNeeded(&'e Statement),
    /// It was approved, and opens later.
    AccessScheduled,
    /// It was denied.
    AccessDenied(&'e Statement),
    /// Nobody decided in time.
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
    /// Somebody has looked at what they opened in an emergency.
    ReviewDone,
}

impl MailKind<'_> {
    /// Whether an answer is wanted, and so a link.
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
}

/// How a request was handled without those who were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handled<'e> {
    /// Others approved it.
    Approved(&'e Statement),
    /// Somebody denied it.
    Denied(&'e Statement),
    /// Its requester took it back.
    Cancelled,
    /// Somebody else has reviewed it.
    Reviewed(Verdict, &'e Statement),
}

/// An entry of a history, and where the request stands by now.
#[derive(Clone, Copy)]
pub(crate) struct EventContext<'e> {
    pub(crate) request: &'e Request,
    pub(crate) history: &'e [Entry],
    pub(crate) entry: &'e Entry,
    pub(crate) now: Timestamp,
}

impl<'e> EventContext<'e> {
    /// Everybody who hears of it, each once.
    pub(crate) fn addressees(self) -> Vec<(&'e Person, MailKind<'e>)> {
        let requester = &self.request.terms().requester;
        let note = self.to_requester().map(|note| (requester, note));
        self.to_approvers().into_iter().chain(self.receipt()).chain(note).collect()
    }

    /// To whoever's link was used: only they can notice that somebody else has used it. Who
    /// has called the API has done so with a key of their own, and knows.
    fn receipt(self) -> Option<(&'e Person, MailKind<'e>)> {
        let (verdict, answer) = self.entry.event.said()?;
        match answer.channel {
            Channel::Link | Channel::SignedIn => {
                Some((&answer.by, MailKind::AnswerReceipt(verdict, answer)))
            }
            Channel::Api => None,
        }
    }

    /// To those who answer, or might have.
    fn to_approvers(self) -> Vec<(&'e Person, MailKind<'e>)> {
        let (approval, requester) =
            (&self.request.terms().approval, &self.request.terms().requester);
        let all = |people: BTreeSet<&'e Person>, note| {
            people.into_iter().map(move |person| (person, note)).collect()
        };
        match &self.entry.event {
            Event::Asked { .. } => self.asked_or_informed(),
            Event::Reminded if self.is_pending() => all(self.silent(), MailKind::DecisionReminder),
            Event::Escalated { to } if self.is_pending() => {
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
            // Once it was approved, everybody but those who said yes knows it is settled.
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
            Approval::People { .. } if self.is_pending() => {
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

    /// To whoever asked.
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
            Event::Asked { .. } => self.is_pending().then_some(MailKind::RequestReceived),
            Event::Escalated { to } => self.is_pending().then_some(MailKind::StillWaiting(to)),
            Event::Approved(answer) => {
                self.is_pending().then_some(MailKind::MoreApprovalsNeeded(answer))
            }
            Event::Denied(answer) => Some(MailKind::AccessDenied(answer)),
            Event::Expired => Some(MailKind::RequestExpired),
            Event::Scheduled { .. } => {
                (self.request.status() == Status::Scheduled).then_some(MailKind::AccessScheduled)
            }
            Event::Activated => open().then_some(MailKind::AccessOpened),
            Event::Closing => open().then_some(MailKind::AccessEnding),
            // Whoever gives it back knows.
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

    fn is_pending(self) -> bool {
        let decide_by = self.request.decide_by();
        self.request.status() == Status::Pending && decide_by.is_some_and(|at| self.now < at)
    }

    /// The last yes and what follows from it are one step on record.
    fn is_last_yes(self) -> bool {
        let next = self.history.iter().find(|next| next.seq == self.entry.seq + 1);
        next.is_some_and(|next| is_settling(&next.event))
    }

    /// Everybody who was asked until then and has not answered by now.
    fn silent(self) -> BTreeSet<&'e Person> {
        self.asked().difference(&answered(self.request)).copied().collect()
    }

    /// Everybody who knows that this was to be decided, but for whoever settled it.
    fn others(self, by: &Person) -> BTreeSet<&'e Person> {
        let mut others = self.asked();
        if self.happened_before(is_escalation) {
            others.extend(self.request.terms().approval.escalated_to());
        }
        others.remove(by);
        others
    }

    /// Everybody who was asked until then. Whoever is kept for later was asked once it
    /// was escalated.
    fn asked(self) -> BTreeSet<&'e Person> {
        let approval = &self.request.terms().approval;
        if self.happened_before(is_escalation) { approval.people() } else { approval.asked_first() }
    }

    fn happened_before(self, what: fn(&Event) -> bool) -> bool {
        let mut earlier = self.history.iter().take_while(|entry| entry.seq < self.entry.seq);
        earlier.any(|entry| what(&entry.event))
    }

    /// Everybody who is to look at what was opened, while nobody has.
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

/// Whether this follows on the last yes.
fn is_settling(event: &Event) -> bool {
    matches!(event, Event::Activating { .. } | Event::Scheduled { .. })
}

fn answered(request: &Request) -> BTreeSet<&Person> {
    request.decisions().iter().map(|decision| &decision.answer.by).collect()
}
