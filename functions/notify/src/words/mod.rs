//! What the letters say: one room for those who answer, one for those who asked.

mod approvers;
mod requester;

use domain::{Approval, Clause, Person, Request, Verdict, moment};
use jiff::Timestamp;
use rules::RuleSet;

use crate::{
    addressees::Note,
    letter::{Fact, Letter, Quote},
};

/// What a letter is written from.
pub(crate) struct Writer<'a> {
    pub(crate) request: &'a Request,
    pub(crate) rules: &'a RuleSet,
    /// The AWS account, as people know it.
    pub(crate) account: &'a str,
    pub(crate) reader: &'a Person,
}

impl Writer<'_> {
    /// The letter for this reason.
    pub(crate) fn letter(&self, note: Note<'_>) -> Letter {
        match note {
            Note::Decide => self.decide(),
            Note::DecideStill => self.decide_still(),
            Note::DecideInstead => self.decide_instead(),
            Note::Review => self.review(),
            Note::ReviewStill => self.review_still(),
            Note::Glass => self.glass(),
            Note::Escalated => self.escalated(),
            Note::Handled(event) => self.handled(event),
            Note::Asked => self.asked(),
            Note::Waiting(others) => self.waiting(others),
            Note::OneYes(answer) => self.one_yes(answer),
            Note::Scheduled => self.scheduled(),
            Note::Denied(answer) => self.denied(answer),
            Note::Expired => self.expired(),
            Note::Open => self.open(),
            Note::Closing => self.closing(),
            Note::Revoked(answer) => self.revoked(answer),
            Note::Closed => self.closed(),
            Note::Failed => self.failed(),
            Note::Reviewed => self.reviewed(),
        }
    }

    /// What somebody is called.
    fn name<'n>(&'n self, person: &'n Person) -> &'n str {
        let profile = self.rules.directory().people().get(person);
        profile.map_or(person.as_str(), |profile| &profile.name)
    }

    /// The same, with the address that tells people of one name apart.
    fn full(&self, person: &Person) -> String {
        match self.name(person) {
            name if name == person.as_str() => name.to_owned(),
            name => format!("{name} ({person})"),
        }
    }

    fn names<'p>(&self, people: impl IntoIterator<Item = &'p Person>) -> String {
        let names: Vec<_> = people.into_iter().map(|person| self.full(person)).collect();
        names.join(", ")
    }

    /// A moment, on the reader's clock as well.
    fn when(&self, at: Timestamp) -> String {
        moment(at, self.rules.zone_of(self.reader))
    }

    fn requester(&self) -> &str {
        self.name(&self.request.ask().requester)
    }

    fn title(&self) -> &str {
        &self.request.ask().title
    }

    /// A subject that says whose and what.
    fn subject(&self, what: &str) -> String {
        format!("{what}: {}", self.title())
    }

    fn duration(&self) -> String {
        let ask = self.request.ask();
        let start = match (ask.starts_at, &ask.approval) {
            (Some(starts_at), _) => format!("from {} on", self.when(starts_at)),
            (None, Approval::People { .. }) => "from the moment it is approved".to_owned(),
            (None, Approval::Rule | Approval::BreakGlass { .. }) => {
                format!("from {} on", self.when(self.request.asked_at()))
            }
        };
        format!("{}, {start}", ask.duration.friendly())
    }

    /// Who, what, where, how long, why and since when: what one has to know before
    /// one decides.
    fn facts(&self) -> Vec<Fact> {
        let ask = self.request.ask();
        let fact = |label, value| Fact { label, value };
        let mut facts = vec![
            fact("Who", self.full(&ask.requester)),
            fact("What", format!("{} ({})", ask.title, ask.entitlement)),
        ];
        let clauses = ask.grant.clauses();
        facts.extend(clauses.iter().map(|clause| fact(clause.effect, said(clause))));
        let holder = ask.grant.acts_as();
        facts.push(fact("Where", format!("account {}, as {holder}", self.account)));
        facts.push(fact("How long", self.duration()));
        facts.push(fact("Why", defused(ask.reason.as_str())));
        facts.extend(ask.ticket.iter().map(|ticket| fact("Ticket", ticket.to_string())));
        let extends = |id| format!("what is open already, by request {id}");
        facts.extend(ask.extends.iter().map(|id| fact("Extends", extends(id))));
        facts.push(fact("Asked", self.when(self.request.asked_at())));
        facts
    }

    /// The few facts that say which request this was.
    fn which(&self) -> Vec<Fact> {
        let ask = self.request.ask();
        let what = format!("{} ({})", ask.title, ask.entitlement);
        let why = defused(ask.reason.as_str());
        vec![Fact { label: "What", value: what }, Fact { label: "Why", value: why }]
    }

    /// Everybody who said yes, and why.
    fn yes_so_far(&self) -> Vec<Quote> {
        let yes = self.request.decisions().iter().filter(|d| d.verdict == Verdict::Approve);
        yes.map(|decision| self.quote("said yes", &decision.answer)).collect()
    }

    fn quote(&self, said: &str, answer: &domain::Answer) -> Quote {
        let by = format!("{} {said}", self.full(&answer.by));
        Quote { by, text: defused(answer.reason.as_str()) }
    }
}

/// One statement of the policy, on one line.
fn said(clause: &Clause) -> String {
    let Clause { what, on, only_if, .. } = clause;
    let first = format!("{what} on {on}");
    only_if.iter().fold(first, |said, condition| said + ", if " + condition)
}

/// What somebody wrote, so that no mail program makes a link of it: there is one link
/// in a mail, and it is ours. On the page it stands as it was written.
fn defused(text: &str) -> String {
    let word = |word: &str| {
        let host = word.rsplit("://").next().unwrap_or_default();
        let host = host.split(['/', ':', '?', '#']).next().unwrap_or_default();
        let end = host.trim_end_matches(|c: char| !c.is_alphanumeric()).rsplit_once('.');
        let like_a_host = end.is_some_and(|(start, end)| {
            !start.is_empty() && end.chars().count() > 1 && end.chars().all(char::is_alphabetic)
        });
        if word.contains("://") || like_a_host {
            word.replace("://", "[:]//").replace('.', "[.]")
        } else {
            word.to_owned()
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// What a review has found.
fn found(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "says it was in order",
        Verdict::Deny => "says it was not in order",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_becomes_no_link_and_stays_readable() {
        for (written, read) in [
            ("see https://evil.example/approve?x=1", "see https[:]//evil[.]example/approve?x=1"),
            ("(www.evil.com), now", "(www[.]evil[.]com), now"),
            ("evil.com:80/x", "evil[.]com:80/x"),
            ("http://[::1]/x", "http[:]//[::1]/x"),
            ("v1.2.3 is slow. Or is it 4.5?", "v1.2.3 is slow. Or is it 4.5?"),
            ("incident 4711: a/b  ...", "incident 4711: a/b  ..."),
        ] {
            assert_eq!(defused(written), read);
        }
    }
}
