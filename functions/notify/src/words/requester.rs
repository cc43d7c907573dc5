//! To whoever asked.

use std::collections::BTreeSet;

use domain::{Answer, Approval, Cause, Grant, Person, Review, Window};

use super::{Writer, found};
use crate::letter::Letter;

impl Writer<'_> {
    pub(super) fn asked(&self) -> Letter {
        let asked = self.names(self.request.ask().approval.asked_first());
        let until = self.request.decide_by().map(|at| self.when(at)).unwrap_or_default();
        self.tells(
            "Your request was passed on",
            format!("{asked} can decide now, until {until}."),
            &["We write to you as soon as somebody has."],
        )
    }

    pub(super) fn waiting(&self, others: &BTreeSet<Person>) -> Letter {
        let others = self.names(others);
        self.tells(
            "Still waiting for an answer",
            format!("It is not decided yet. {others} has heard of it now."),
            &[],
        )
    }

    pub(super) fn one_yes(&self, answer: &Answer) -> Letter {
        let Approval::People { steps, .. } = &self.request.ask().approval else {
            return Letter::default();
        };
        let said_yes: Vec<_> = self.request.approved_by().collect();
        let seated = steps.seat(said_yes.iter().copied());
        let open = steps.0.iter().zip(seated).filter(|(step, yes)| yes.len() < step.quorum);
        let needed: Vec<_> = open
            .map(|(step, yes)| {
                let others = step.approvers.iter().filter(|person| !said_yes.contains(person));
                format!("{} more of {}", step.quorum - yes.len(), self.names(others))
            })
            .collect();
        let mut letter = self.tells(
            "One yes, and more are needed",
            format!("{} said yes. It takes {}.", self.full(&answer.by), needed.join(", and ")),
            &[],
        );
        letter.quotes = vec![self.quote("said yes", answer)];
        letter
    }

    pub(super) fn scheduled(&self) -> Letter {
        let Some(window) = self.request.window() else { return Letter::default() };
        let [starts_at, ends_at] = [window.starts_at(), window.ends_at()].map(|at| self.when(at));
        let mut letter = self.tells(
            "Access is approved",
            format!("It opens by itself at {starts_at}, and closes at {ends_at}."),
            &[],
        );
        letter.quotes = self.yes_so_far();
        letter
    }

    pub(super) fn denied(&self, answer: &Answer) -> Letter {
        let mut letter = self.tells(
            "Access was denied",
            format!("{} said no.", self.full(&answer.by)),
            &["Talk to them before you ask again."],
        );
        letter.quotes = vec![self.quote("said no", answer)];
        letter
    }

    pub(super) fn expired(&self) -> Letter {
        let until = self.request.decide_by().map(|at| self.when(at)).unwrap_or_default();
        let approvers = self.names(self.request.ask().approval.people());
        self.tells(
            "Nobody decided in time",
            format!("Nobody decided until {until}."),
            &[&format!("You can ask again. {approvers} could have decided.")],
        )
    }

    pub(super) fn open(&self) -> Letter {
        let Some(window) = self.request.window() else { return Letter::default() };
        let until = self.when(window.ends_at());
        let lead = match self.request.ask().starts_at {
            Some(starts_at) => {
                format!("You have access from {} until {until}.", self.when(starts_at))
            }
            None => format!("You have access until {until}."),
        };
        let fetch = format!("Fetch credentials with: portcullis credentials {}", self.request.id());
        let how = match &self.request.ask().grant {
            Grant::InlinePolicy { .. } => {
                "It closes by itself, to the second. The first call may take IAM some seconds."
            }
            Grant::ManagedPolicy { .. } => {
                "It is taken away within two minutes after that. The first call may take IAM some \
                 seconds."
            }
            Grant::Session { .. } => &fetch,
        };
        let mut letter = self.tells("Access is open", lead, &[how]);
        letter.quotes = self.yes_so_far();
        letter
    }

    pub(super) fn closing(&self) -> Letter {
        let until = self.request.window().map(|window| self.when(window.ends_at()));
        self.tells(
            "Access ends soon",
            format!("Your access ends at {}.", until.unwrap_or_default()),
            &["Finish what must not be cut in half. If you need longer, ask now, with --extends."],
        )
    }

    pub(super) fn revoked(&self, answer: &Answer) -> Letter {
        let mut letter = self.tells(
            "Access was closed early",
            format!("{} has closed your access.", self.full(&answer.by)),
            &["Talk to them before you ask again."],
        );
        letter.quotes = vec![self.quote("said why", answer)];
        letter
    }

    pub(super) fn closed(&self) -> Letter {
        let ended = self.request.window().as_ref().map(Window::ends_at).map(|at| self.when(at));
        self.tells(
            "Access is closed",
            format!("Your access ended at {}, as was fixed.", ended.unwrap_or_default()),
            &[],
        )
    }

    pub(super) fn failed(&self) -> Letter {
        let why = self.request.state().failure().map(Cause::advice).unwrap_or_default();
        self.tells(
            "Access could not be opened",
            format!("It could not be opened: {why}."),
            &["Nothing is left behind."],
        )
    }

    pub(super) fn reviewed(&self) -> Letter {
        let Some(Review::Done(review)) = self.request.review() else { return Letter::default() };
        let mut letter = self.tells(
            "Your emergency access was reviewed",
            format!("{} has looked at it.", self.full(&review.answer.by)),
            &[],
        );
        letter.quotes = vec![self.quote(found(review.verdict), &review.answer)];
        letter
    }

    fn tells(&self, subject: &str, lead: String, lines: &[&str]) -> Letter {
        Letter {
            subject: self.subject(subject),
            lead,
            facts: self.which(),
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            notes: vec![format!("More: portcullis show {}", self.request.id())],
            ..Letter::default()
        }
    }
}
