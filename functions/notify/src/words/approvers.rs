//! To those who answer, or might have.

use domain::{Approval, Event, Review};

use super::{Writer, found};
use crate::letter::Letter;

const SECRET: &str = "Whoever has this link can answer in your name. Do not forward this mail.";
const SIGN_IN: &str = "You will be asked to sign in before you answer.";

impl Writer<'_> {
    pub(super) fn decide(&self) -> Letter {
        let requester = self.requester();
        self.asks(
            self.subject(&format!("{requester} asks")),
            format!("{requester} asks for access: {}.", self.title()),
        )
    }

    pub(super) fn decide_still(&self) -> Letter {
        let requester = self.requester();
        self.asks(
            self.subject(&format!("{requester} is still waiting")),
            format!("{requester} is still waiting for an answer: {}.", self.title()),
        )
    }

    pub(super) fn decide_instead(&self) -> Letter {
        let requester = self.requester();
        self.asks(
            self.subject(&format!("{requester} needs an answer from you")),
            format!("{requester} asks for access, and it is not decided yet: {}.", self.title()),
        )
    }

    /// A mail with a link: what one has to know, and until when.
    fn asks(&self, subject: String, lead: String) -> Letter {
        let until = self.request.decide_by().map(|decide_by| self.when(decide_by));
        let wish = until.map(|until| format!("Look at it and decide, until {until}:"));
        Letter {
            subject,
            lead,
            facts: self.facts(),
            quotes: self.yes_so_far(),
            lines: wish.into_iter().collect(),
            notes: self.about_the_link(),
        }
    }

    fn about_the_link(&self) -> Vec<String> {
        if self.request.ask().sign_in {
            vec![SIGN_IN.to_owned(), "This link is for you alone.".to_owned()]
        } else {
            vec![SECRET.to_owned()]
        }
    }

    pub(super) fn review(&self) -> Letter {
        let until = match &self.request.ask().approval {
            Approval::BreakGlass { review_by, .. } => format!(", until {}", self.when(*review_by)),
            Approval::People { .. } | Approval::Rule => String::new(),
        };
        self.looks("", format!("Look at it, and say whether it was in order{until}:"))
    }

    pub(super) fn review_still(&self) -> Letter {
        let since = match self.request.review() {
            Some(Review::Open { review_by } | Review::Overdue { review_by }) => {
                format!(" since {}", self.when(*review_by))
            }
            Some(Review::Done(_)) | None => String::new(),
        };
        self.looks(
            ", review overdue",
            format!("The review is overdue{since}. Look at it, and say whether it was in order:"),
        )
    }

    fn looks(&self, late: &str, wish: String) -> Letter {
        Letter {
            subject: self.subject(&format!("{} broke glass{late}", self.requester())),
            lead: self.broke_glass(),
            facts: self.facts(),
            lines: vec![wish],
            notes: self.about_the_link(),
            ..Letter::default()
        }
    }

    fn broke_glass(&self) -> String {
        format!(
            "{} has opened access in an emergency, without being asked first: {}.",
            self.requester(),
            self.title()
        )
    }

    pub(super) fn glass(&self) -> Letter {
        let reviewers = self.names(self.request.ask().approval.people());
        Letter {
            subject: self.subject(&format!("{} broke glass", self.requester())),
            lead: self.broke_glass(),
            facts: self.facts(),
            lines: vec![format!("{reviewers} will review it. You need not do anything.")],
            ..Letter::default()
        }
    }

    pub(super) fn escalated(&self) -> Letter {
        let approvers = self.names(self.request.ask().approval.people());
        let until = self.request.decide_by().map(|at| self.when(at)).unwrap_or_default();
        Letter {
            subject: self.subject(&format!("{} is still waiting", self.requester())),
            lead: format!(
                "{} asks for access, and it is not decided yet: {}.",
                self.requester(),
                self.title()
            ),
            facts: self.facts(),
            quotes: self.yes_so_far(),
            lines: vec![format!(
                "{approvers} can decide, until {until}. You cannot, but you may want to call them."
            )],
            ..Letter::default()
        }
    }

    /// To those who were asked, when it is settled without them.
    pub(super) fn handled(&self, event: &Event) -> Letter {
        let (what, by, quote) = match event {
            Event::Approved(answer) => {
                ("approved", &answer.by, Some(self.quote("said yes", answer)))
            }
            Event::Denied(answer) => ("denied", &answer.by, Some(self.quote("said no", answer))),
            Event::Reviewed { verdict, answer } => {
                ("reviewed", &answer.by, Some(self.quote(found(*verdict), answer)))
            }
            Event::Cancelled
            | Event::Asked { .. }
            | Event::Expired
            | Event::Reminded
            | Event::Escalated { .. }
            | Event::Scheduled { .. }
            | Event::Activating { .. }
            | Event::Activated
            | Event::Closing
            | Event::Revoking(_)
            | Event::Revoked { .. }
            | Event::Lifted
            | Event::Minting { .. }
            | Event::Ended
            | Event::Failed { .. }
            | Event::ReviewOverdue => ("taken back", &self.request.ask().requester, None),
        };
        Letter {
            subject: self.subject(&format!("Handled, {what} by {}", self.name(by))),
            lead: format!("What {} asked for was {what} by {}.", self.requester(), self.name(by)),
            facts: self.which(),
            quotes: quote.into_iter().collect(),
            lines: vec!["You need not do anything. Your link takes no answer any more.".to_owned()],
            ..Letter::default()
        }
    }
}
