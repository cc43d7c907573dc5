//! The words of the letters: one module for the people who answer, one for the requester.

mod approvers;
mod requester;

use domain::{
    request::{Approval, Request, Verdict},
    value::Person,
};
use jiff::Timestamp;
use rules::source::RuleSet;
use wording::Clause;

use crate::{
    inert::{Fragment, Inert},
    letter::{Fact, Letter, Quote},
    mail_kind::MailKind,
};

/// The sources of a letter.
pub(crate) struct Writer<'a> {
    pub(crate) request: &'a Request,
    pub(crate) rules: &'a RuleSet,
    /// The name of the AWS account, as people know it.
    pub(crate) account: &'a str,
    pub(crate) reader: &'a Person,
}

impl Writer<'_> {
    /// The letter for this reason.
    pub(crate) fn letter(&self, kind: MailKind<'_>) -> Letter {
        match kind {
            MailKind::DecisionNeeded => self.decision_needed(),
            MailKind::DecisionReminder => self.decision_reminder(),
            MailKind::EscalatedDecision => self.escalated_decision(),
            MailKind::ReviewNeeded => self.review_needed(),
            MailKind::ReviewReminder => self.review_reminder(),
            MailKind::BreakGlassNotice => self.break_glass_notice(),
            MailKind::EscalationNotice => self.escalated(),
            MailKind::HandledByOthers(event) => self.handled(event),
            MailKind::AnswerReceipt(verdict, answer) => self.receipt(verdict, answer),
            MailKind::RequestReceived => self.asked(),
            MailKind::StillWaiting(others) => self.waiting(others),
            MailKind::MoreApprovalsNeeded(answer) => self.more_approvals_needed(answer),
            MailKind::AccessScheduled => self.scheduled(),
            MailKind::AccessDenied(answer) => self.denied(answer),
            MailKind::RequestExpired => self.expired(),
            MailKind::AccessOpened => self.open(),
            MailKind::AccessEnding => self.closing(),
            MailKind::AccessRevoked(answer) => self.revoked(answer),
            MailKind::AccessEnded => self.closed(),
            MailKind::AccessFailed => self.failed(),
            MailKind::ReviewDone => self.reviewed(),
        }
    }

    /// The letter about several requests of one person.
    pub(crate) fn letter_about(&self, requests: &[(&Request, String)]) -> Letter {
        self.several(requests)
    }

    /// The person's name, or their address if they are not in the directory.
    fn name(&self, person: &Person) -> Inert {
        match self.rules.directory().people().get(person) {
            Some(profile) => Inert::of(&profile.name),
            None => Inert::of(person),
        }
    }

    /// The person's name with their address, because several people may have the same name.
    fn full(&self, person: &Person) -> Inert {
        let (name, address) = (self.name(person), Inert::of(person));
        if name == address { name } else { Inert::new("{} ({})", &[&name, &address]) }
    }

    fn names<'p>(&self, people: impl IntoIterator<Item = &'p Person>) -> Inert {
        Inert::list_of(people.into_iter().map(|person| self.full(person)))
    }

    /// A time, in UTC and in the reader's time zone.
    fn when(&self, at: Timestamp) -> Inert {
        Inert::of(&wording::time(at, self.rules.zone_of(self.reader)))
    }

    fn requester(&self) -> Inert {
        self.name(&self.request.terms().requester)
    }

    fn title(&self) -> &str {
        &self.request.terms().title
    }

    /// A subject with the title of the request.
    fn subject(&self, what: &Inert) -> Inert {
        Inert::new("{}: {}", &[what, &self.title()])
    }

    fn duration(&self) -> Inert {
        let terms = self.request.terms();
        let from = |at| Inert::new("from {} on", &[&self.when(at)]);
        let start = match (terms.starts_at, &terms.approval) {
            (Some(starts_at), _) => from(starts_at),
            (None, Approval::People { .. }) => Inert::new("from the moment it is approved", &[]),
            (None, Approval::Rule | Approval::BreakGlass { .. }) => from(self.request.asked_at()),
        };
        Inert::new("{}, {}", &[&wording::duration(terms.duration), &start])
    }

    /// The facts that an approver has to know before a decision.
    fn facts(&self) -> Vec<Fact> {
        let terms = self.request.terms();
        let fact = |label, value| Fact { label, value };
        let mut facts = vec![fact("Who", self.full(&terms.requester)), fact("What", self.what())];
        let clauses = wording::clauses(&terms.grant);
        facts.extend(clauses.iter().map(|clause| fact(clause.effect, said(clause))));
        let place: [&dyn Fragment; 2] = [&self.account, &wording::acts_as(&terms.grant)];
        facts.push(fact("Where", Inert::new("account {}, as {}", &place)));
        facts.push(fact("How long", self.duration()));
        let stays = |why| Inert::new("what is made with it stays when access ends: {}", &[why]);
        facts.extend(terms.lasting.iter().map(|why| fact("Stays", stays(why))));
        facts.push(fact("Why", Inert::of(&terms.reason)));
        facts.extend(terms.ticket.iter().map(|ticket| fact("Ticket", Inert::of(ticket))));
        let extends = |id| Inert::new("what is open already, by request {}", &[id]);
        facts.extend(terms.extends.iter().map(|id| fact("Extends", extends(id))));
        facts.push(fact("Asked", self.when(self.request.asked_at())));
        facts
    }

    fn what(&self) -> Inert {
        Inert::new("{} ({})", &[&self.title(), &self.request.terms().entitlement])
    }

    /// The few facts that identify the request.
    fn which(&self) -> Vec<Fact> {
        let why = Inert::of(&self.request.terms().reason);
        vec![Fact { label: "What", value: self.what() }, Fact { label: "Why", value: why }]
    }

    /// The statements of the people who said yes.
    fn yes_so_far(&self) -> Vec<Quote> {
        let yes = self.request.decisions().iter().filter(|d| d.verdict == Verdict::Approve);
        yes.map(|decision| self.quote("said yes", &decision.answer)).collect()
    }

    fn quote(&self, said: &'static str, answer: &domain::request::Statement) -> Quote {
        let by = Inert::new("{} {}", &[&self.full(&answer.by), &said]);
        Quote { by, text: Inert::of(&answer.reason) }
    }
}

/// One statement of the policy, on one line.
fn said(clause: &Clause) -> Inert {
    let Clause { what, on, only_if, .. } = clause;
    let first = format!("{what} on {on}");
    Inert::of(&only_if.iter().fold(first, |said, condition| said + ", if " + condition))
}

/// The finding of a review.
fn found(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "says it was in order",
        Verdict::Deny => "says it was not in order",
    }
}
