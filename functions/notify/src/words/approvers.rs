//! Letters to the people who answer, or might have answered.

use domain::request::{Approval, Channel, Request, Review, Statement, Verdict};

use super::{Writer, found};
use crate::{
    inert::{Fragment, Inert},
    letter::{Fact, Item, Letter},
    mail_kind::Handled,
};

const SECRET: &str = "Whoever has this link can answer in your name. Do not forward this mail.";
const SECRETS: &str = "Whoever has these links can answer in your name. Do not forward this mail.";
const SIGN_IN: &str = "You will be asked to sign in before you answer.";
const FOR_YOU: &str = "This link is for you alone.";
const UNDECIDED: &str = "{} asks for access, and it is not decided yet: {}.";
const SETTLED: &str = "You need not do anything. Your link takes no answer any more.";

impl Writer<'_> {
    pub(super) fn decision_needed(&self) -> Letter {
        self.asks("{} asks", "{} asks for access: {}.")
    }

    pub(super) fn decision_reminder(&self) -> Letter {
        self.asks("{} is still waiting", "{} is still waiting for an answer: {}.")
    }

    pub(super) fn escalated_decision(&self) -> Letter {
        self.asks("{} needs an answer from you", UNDECIDED)
    }

    /// The letter about several requests of one person, each with its link.
    pub(super) fn several(&self, requests: &[(&Request, String)]) -> Letter {
        let item = |(request, url): &(&Request, String)| {
            let until = request.decide_by().map(|at| self.when(at)).unwrap_or_default();
            let parts: [&dyn Fragment; 2] = [&request.terms().title, &until];
            let said = Inert::of(&request.terms().reason);
            Item { what: Inert::new("{}, until {}:", &parts), said, url: url.clone() }
        };
        let count = requests.len();
        Letter {
            subject: Inert::new("{} waits for {} more answers", &[&self.requester(), &count]),
            lead: Inert::new(
                "{} has asked for so much that this mail is about several requests: {} more wait \
                 for an answer of yours.",
                &[&self.full(&self.request.terms().requester), &count],
            ),
            items: requests.iter().map(item).collect(),
            notes: about_the_links(requests),
            ..Letter::default()
        }
    }

    /// A letter that asks for a decision: the facts and the deadline. `subject` has a place for the
    /// requester, and `lead` for the requester and the title.
    fn asks(&self, subject: &'static str, lead: &'static str) -> Letter {
        let until = self.request.decide_by().map(|decide_by| self.when(decide_by));
        let wish = until.map(|until| Inert::new("Look at it and decide, until {}:", &[&until]));
        Letter {
            subject: self.subject(&Inert::new(subject, &[&self.requester()])),
            lead: Inert::new(lead, &[&self.requester(), &self.title()]),
            facts: self.facts(),
            quotes: self.yes_so_far(),
            lines: wish.into_iter().collect(),
            notes: self.about_the_link(),
            ..Letter::default()
        }
    }

    fn about_the_link(&self) -> Vec<Inert> {
        let notes = if self.request.terms().sign_in { &[SIGN_IN, FOR_YOU][..] } else { &[SECRET] };
        notes.iter().map(|note| Inert::new(note, &[])).collect()
    }

    pub(super) fn review_needed(&self) -> Letter {
        let wish = match &self.request.terms().approval {
            Approval::BreakGlass { review_by, .. } => Inert::new(
                "Look at it, and say whether it was in order, until {}:",
                &[&self.when(*review_by)],
            ),
            Approval::People { .. } | Approval::Rule => {
                Inert::new("Look at it, and say whether it was in order:", &[])
            }
        };
        self.looks("{} broke glass", wish)
    }

    pub(super) fn review_reminder(&self) -> Letter {
        let wish = match self.request.review() {
            Some(Review::Open { review_by } | Review::Overdue { review_by }) => Inert::new(
                "The review is overdue since {}. Look at it, and say whether it was in order:",
                &[&self.when(*review_by)],
            ),
            Some(Review::Done(_)) | None => Inert::new(
                "The review is overdue. Look at it, and say whether it was in order:",
                &[],
            ),
        };
        self.looks("{} broke glass, review overdue", wish)
    }

    fn looks(&self, subject: &'static str, wish: Inert) -> Letter {
        Letter {
            subject: self.subject(&Inert::new(subject, &[&self.requester()])),
            lead: self.broke_glass(),
            facts: self.facts(),
            lines: vec![wish],
            notes: self.about_the_link(),
            ..Letter::default()
        }
    }

    fn broke_glass(&self) -> Inert {
        Inert::new(
            "{} has opened access in an emergency, without being asked first: {}.",
            &[&self.requester(), &self.title()],
        )
    }

    pub(super) fn break_glass_notice(&self) -> Letter {
        let reviewers = self.names(self.request.terms().approval.people());
        Letter {
            subject: self.subject(&Inert::new("{} broke glass", &[&self.requester()])),
            lead: self.broke_glass(),
            facts: self.facts(),
            lines: vec![Inert::new("{} will review it. You need not do anything.", &[&reviewers])],
            ..Letter::default()
        }
    }

    pub(super) fn escalated(&self) -> Letter {
        let approvers = self.names(self.request.terms().approval.people());
        let until = self.request.decide_by().map(|at| self.when(at)).unwrap_or_default();
        Letter {
            subject: self.subject(&Inert::new("{} is still waiting", &[&self.requester()])),
            lead: Inert::new(UNDECIDED, &[&self.requester(), &self.title()]),
            facts: self.facts(),
            quotes: self.yes_so_far(),
            lines: vec![Inert::new(
                "{} can decide, until {}. You cannot, but you may want to call them.",
                &[&approvers, &until],
            )],
            ..Letter::default()
        }
    }

    /// The receipt to the person whose link or sign-in was used. It carries no link, because
    /// somebody who has read one of their mails may read this one as well.
    pub(super) fn receipt(&self, verdict: Verdict, answer: &Statement) -> Letter {
        let said = Inert::of(&verdict.as_yes_no());
        let fact = |label, value| Fact { label, value };
        let from = answer.call.source_ip.map_or_else(
            || Inert::new("an address that is not known", &[]),
            |address| Inert::of(&address),
        );
        let how = match answer.channel {
            Channel::Link => "the link in your mail",
            Channel::SignedIn => "the link in your mail, signed in as you",
            Channel::Api => "the API",
        };
        let mut facts = vec![
            fact("What", self.what()),
            fact("For", self.full(&self.request.terms().requester)),
            fact("When", self.when(answer.call.at)),
            fact("From", from),
            fact("By", Inert::new(how, &[])),
        ];
        facts.push(fact("Why", Inert::of(&answer.reason)));
        let id = self.request.id();
        let way_out = match (verdict, self.request.review()) {
            (Verdict::Approve, None) => Inert::new(
                "If that was not you, somebody else has read your mail: end it now with \
                 portcullis revoke {}, and tell an administrator.",
                &[id],
            ),
            (Verdict::Approve, Some(_)) | (Verdict::Deny, _) => Inert::new(
                "If that was not you, somebody else has read your mail: tell an administrator.",
                &[],
            ),
        };
        Letter {
            subject: self.subject(&Inert::new("Your {} is on record", &[&said])),
            lead: Inert::new("Your {} is on record.", &[&said]),
            facts,
            lines: vec![way_out],
            ..Letter::default()
        }
    }

    /// The letter to people who were asked, when the request is settled without them.
    pub(super) fn handled(&self, handled: Handled<'_>) -> Letter {
        let (what, by, quote) = match handled {
            Handled::Approved(answer) => {
                ("approved", &answer.by, Some(self.quote("said yes", answer)))
            }
            Handled::Denied(answer) => ("denied", &answer.by, Some(self.quote("said no", answer))),
            Handled::Reviewed(verdict, answer) => {
                ("reviewed", &answer.by, Some(self.quote(found(verdict), answer)))
            }
            Handled::Cancelled => ("taken back", &self.request.terms().requester, None),
        };
        let (requester, by) = (self.requester(), self.name(by));
        Letter {
            subject: self.subject(&Inert::new("Handled, {} by {}", &[&what, &by])),
            lead: Inert::new("What {} asked for was {} by {}.", &[&requester, &what, &by]),
            facts: self.which(),
            quotes: quote.into_iter().collect(),
            lines: vec![Inert::new(SETTLED, &[])],
            ..Letter::default()
        }
    }
}

fn about_the_links(requests: &[(&Request, String)]) -> Vec<Inert> {
    let bare = requests.iter().any(|(request, _)| !request.terms().sign_in);
    let notes = if bare { &[SECRETS][..] } else { &[SIGN_IN, FOR_YOU] };
    notes.iter().map(|note| Inert::new(note, &[])).collect()
}
