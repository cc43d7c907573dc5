//! Who hears of what: from the event, and from where the request stands by now. A
//! late delivery must not ask for a decision that was made.

use std::collections::BTreeSet;

use domain::{
    Approval, Channel, Entry, Event, Person, Request, Review, State, Statement, Status, Verdict,
};
use jiff::Timestamp;

/// Why somebody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note<'e> {
    /// They may decide, and are asked to.
    Decide,
    /// They were asked, and have not answered.
    DecideStill,
    /// They may decide, and others have not.
    DecideInstead,
    /// They are to look at what was opened in an emergency.
    Review,
    /// Nobody did, in time.
    ReviewStill,
    /// They would have been asked, had there been time.
    Glass,
    /// Nobody has decided, and they should know.
    Escalated,
    /// They were asked, and it is settled.
    Handled(&'e Event),
    /// A link of theirs was used: what is on record in their name.
    Receipt(Verdict, &'e Statement),
    /// What they asked for was passed on to those who decide.
    Asked,
    /// Nobody has decided, and others have heard of it now.
    Waiting(&'e BTreeSet<Person>),
    /// One said yes, and more have to.
    OneYes(&'e Statement),
    /// It was approved, and opens later.
    Scheduled,
    /// It was denied.
    Denied(&'e Statement),
    /// Nobody decided in time.
    Expired,
    /// Access is open.
    Open,
    /// Access ends soon.
    Closing,
    /// Access was closed early.
    Revoked(&'e Statement),
    /// Access has ended.
    Closed,
    /// Access could not be opened.
    Failed,
    /// Somebody has looked at what they opened in an emergency.
    Reviewed,
}

impl Note<'_> {
    /// Whether an answer is wanted, and so a link.
    pub(crate) fn wants_an_answer(self) -> bool {
        match self {
            Self::Decide
            | Self::DecideStill
            | Self::DecideInstead
            | Self::Review
            | Self::ReviewStill => true,
            Self::Glass
            | Self::Escalated
            | Self::Handled(_)
            | Self::Receipt(..)
            | Self::Asked
            | Self::Waiting(_)
            | Self::OneYes(_)
            | Self::Scheduled
            | Self::Denied(_)
            | Self::Expired
            | Self::Open
            | Self::Closing
            | Self::Revoked(_)
            | Self::Closed
            | Self::Failed
            | Self::Reviewed => false,
        }
    }
}

/// An entry of a history, and where the request stands by now.
#[derive(Clone, Copy)]
pub(crate) struct News<'e> {
    pub(crate) request: &'e Request,
    pub(crate) history: &'e [Entry],
    pub(crate) entry: &'e Entry,
    pub(crate) now: Timestamp,
}

impl<'e> News<'e> {
    /// Everybody who hears of it, each once.
    pub(crate) fn addressees(self) -> Vec<(&'e Person, Note<'e>)> {
        let requester = &self.request.terms().requester;
        let note = self.to_requester().map(|note| (requester, note));
        self.to_approvers().into_iter().chain(self.receipt()).chain(note).collect()
    }

    /// To whoever's link was used: only they can notice that somebody else has used it. Who
    /// has called the API has done so with a key of their own, and knows.
    fn receipt(self) -> Option<(&'e Person, Note<'e>)> {
        let (verdict, answer) = self.entry.event.said()?;
        match answer.channel {
            Channel::Link | Channel::SignedIn => Some((&answer.by, Note::Receipt(verdict, answer))),
            Channel::Api => None,
        }
    }

    /// To those who answer, or might have.
    fn to_approvers(self) -> Vec<(&'e Person, Note<'e>)> {
        let (approval, requester) =
            (&self.request.terms().approval, &self.request.terms().requester);
        let all = |people: BTreeSet<&'e Person>, note| {
            people.into_iter().map(move |person| (person, note)).collect()
        };
        match &self.entry.event {
            Event::Asked { .. } => match approval {
                Approval::People { .. } if self.is_pending() => {
                    all(approval.asked_first(), Note::Decide)
                }
                Approval::BreakGlass { told, .. } => {
                    let reviewers = self.reviewers(Note::Review);
                    let told = told.iter().map(|person| (person, Note::Glass));
                    reviewers.into_iter().chain(told).collect()
                }
                Approval::People { .. } | Approval::Rule => Vec::new(),
            },
            Event::Reminded if self.is_pending() => all(self.silent(), Note::DecideStill),
            Event::Escalated { to } if self.is_pending() => {
                let (may, answered) = (approval.people(), answered(self.request));
                let others = to.iter().filter(|person| !answered.contains(person));
                let note =
                    |who| if may.contains(&who) { Note::DecideInstead } else { Note::Escalated };
                others.map(|person| (person, note(person))).collect()
            }
            event @ Event::Denied(answer) => all(self.others(&answer.by), Note::Handled(event)),
            event @ Event::Approved(answer) if self.is_last_yes() => {
                all(self.others(&answer.by), Note::Handled(event))
            }
            // Once it was approved, everybody but those who said yes knows it is settled.
            event @ Event::Cancelled if self.happened_before(is_settling) => {
                all(answered(self.request), Note::Handled(event))
            }
            event @ Event::Cancelled => all(self.others(requester), Note::Handled(event)),
            event @ Event::Reviewed { answer, .. } => {
                let mut others = approval.people();
                others.remove(&answer.by);
                all(others, Note::Handled(event))
            }
            Event::ReviewOverdue => self.reviewers(Note::ReviewStill),
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

    /// To whoever asked.
    fn to_requester(self) -> Option<Note<'e>> {
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
            Event::Asked { .. } => self.is_pending().then_some(Note::Asked),
            Event::Escalated { to } => self.is_pending().then_some(Note::Waiting(to)),
            Event::Approved(answer) => self.is_pending().then_some(Note::OneYes(answer)),
            Event::Denied(answer) => Some(Note::Denied(answer)),
            Event::Expired => Some(Note::Expired),
            Event::Scheduled { .. } => {
                (self.request.status() == Status::Scheduled).then_some(Note::Scheduled)
            }
            Event::Activated => open().then_some(Note::Open),
            Event::Closing => open().then_some(Note::Closing),
            // Whoever gives it back knows.
            Event::Revoking(answer) => {
                (answer.by != self.request.terms().requester).then_some(Note::Revoked(answer))
            }
            Event::Ended => Some(Note::Closed),
            Event::Failed { .. } => Some(Note::Failed),
            Event::Reviewed { .. } => Some(Note::Reviewed),
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
    fn reviewers(self, note: Note<'e>) -> Vec<(&'e Person, Note<'e>)> {
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
