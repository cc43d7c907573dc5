//! Letters to the requester.

use std::collections::BTreeSet;

use domain::{
    grant::Grant,
    request::{Approval, Review, Statement},
    value::{Person, Window},
};

use super::{Writer, found};
use crate::{inert::Inert, letter::Letter};

const TALK: &str = "Talk to them before you ask again.";

impl Writer<'_> {
    pub(super) fn asked(&self) -> Letter {
        let asked = self.names(self.request.terms().approval.asked_first());
        let until = self.request.decide_by().map(|at| self.when(at)).unwrap_or_default();
        let lead = Inert::new("{} can decide now, until {}.", &[&asked, &until]);
        self.tells("Your request was passed on", lead)
            .with("We write to you as soon as somebody has.")
    }

    pub(super) fn waiting(&self, others: &BTreeSet<Person>) -> Letter {
        let lead = match others.len() {
            1 => {
                Inert::new("It is not decided yet. {} has heard of it now.", &[&self.names(others)])
            }
            _ => Inert::new(
                "It is not decided yet. {} have heard of it now.",
                &[&self.names(others)],
            ),
        };
        self.tells("Still waiting for an answer", lead)
    }

    pub(super) fn more_approvals_needed(&self, answer: &Statement) -> Letter {
        let Approval::People { steps, .. } = &self.request.terms().approval else {
            return Letter::default();
        };
        let said_yes: Vec<_> = self.request.approved_by().collect();
        let seated = steps.seat(said_yes.iter().copied());
        let open = steps.0.iter().zip(seated).filter(|(step, yes)| yes.len() < step.quorum);
        let needed = open.map(|(step, yes)| {
            let others = step.approvers.iter().filter(|person| !said_yes.contains(person));
            Inert::new("{} more of {}", &[&(step.quorum - yes.len()), &self.names(others)])
        });
        let needed = Inert::list_of(needed);
        let lead = Inert::new("{} said yes. It takes {}.", &[&self.full(&answer.by), &needed]);
        let mut letter = self.tells("One yes, and more are needed", lead);
        letter.quotes = vec![self.quote("said yes", answer)];
        letter
    }

    pub(super) fn scheduled(&self) -> Letter {
        let Some(window) = self.request.window() else { return Letter::default() };
        let [starts_at, ends_at] = [window.starts_at(), window.ends_at()].map(|at| self.when(at));
        let lead =
            Inert::new("It opens by itself at {}, and closes at {}.", &[&starts_at, &ends_at]);
        let mut letter = self.tells("Access is approved", lead);
        letter.quotes = self.yes_so_far();
        letter
    }

    pub(super) fn denied(&self, answer: &Statement) -> Letter {
        let lead = Inert::new("{} said no.", &[&self.full(&answer.by)]);
        let mut letter = self.tells("Access was denied", lead).with(TALK);
        letter.quotes = vec![self.quote("said no", answer)];
        letter
    }

    pub(super) fn expired(&self) -> Letter {
        let until = self.request.decide_by().map(|at| self.when(at)).unwrap_or_default();
        let approvers = self.names(self.request.terms().approval.people());
        let lead = Inert::new("Nobody decided until {}.", &[&until]);
        let mut letter = self.tells("Nobody decided in time", lead);
        letter.lines = vec![Inert::new("You can ask again. {} could have decided.", &[&approvers])];
        letter
    }

    pub(super) fn open(&self) -> Letter {
        let Some(window) = self.request.window() else { return Letter::default() };
        let until = self.when(window.ends_at());
        let lead = match self.request.terms().starts_at {
            Some(starts_at) => {
                Inert::new("You have access from {} until {}.", &[&self.when(starts_at), &until])
            }
            None => Inert::new("You have access until {}.", &[&until]),
        };
        let how = match &self.request.terms().grant {
            Grant::InlinePolicy { .. } => Inert::new(
                "It closes by itself, to the second. The first call may take IAM some seconds.",
                &[],
            ),
            Grant::ManagedPolicy { .. } => Inert::new(
                "It is taken away within two minutes after that. The first call may take IAM some \
                 seconds.",
                &[],
            ),
            Grant::Session { .. } => Inert::new(
                "Fetch credentials with: portcullis credentials {}",
                &[self.request.id()],
            ),
        };
        let mut letter = self.tells("Access is open", lead);
        letter.lines = vec![how];
        letter.quotes = self.yes_so_far();
        letter
    }

    pub(super) fn closing(&self) -> Letter {
        let until = self.request.window().map(|window| self.when(window.ends_at()));
        let lead = Inert::new("Your access ends at {}.", &[&until.unwrap_or_default()]);
        self.tells("Access ends soon", lead).with(
            "Finish what must not be cut in half. If you need longer, ask now, with --extends.",
        )
    }

    pub(super) fn revoked(&self, answer: &Statement) -> Letter {
        let lead = Inert::new("{} has closed your access.", &[&self.full(&answer.by)]);
        let mut letter = self.tells("Access was closed early", lead).with(TALK);
        letter.quotes = vec![self.quote("said why", answer)];
        letter
    }

    pub(super) fn closed(&self) -> Letter {
        let ended = self.request.window().as_ref().map(Window::ends_at).map(|at| self.when(at));
        let lead =
            Inert::new("Your access ended at {}, as was fixed.", &[&ended.unwrap_or_default()]);
        self.tells("Access is closed", lead)
    }

    pub(super) fn failed(&self) -> Letter {
        let why = self.request.state().failure().map(wording::advice).unwrap_or_default();
        let lead = Inert::new("It could not be opened: {}.", &[&why]);
        self.tells("Access could not be opened", lead).with("Nothing is left behind.")
    }

    pub(super) fn reviewed(&self) -> Letter {
        let Some(Review::Done(review)) = self.request.review() else { return Letter::default() };
        let lead = Inert::new("{} has looked at it.", &[&self.full(&review.answer.by)]);
        let mut letter = self.tells("Your emergency access was reviewed", lead);
        letter.quotes = vec![self.quote(found(review.verdict), &review.answer)];
        letter
    }

    fn tells(&self, subject: &'static str, lead: Inert) -> Letter {
        Letter {
            subject: self.subject(&Inert::new(subject, &[])),
            lead,
            facts: self.which(),
            notes: vec![Inert::new("More: portcullis show {}", &[self.request.id()])],
            ..Letter::default()
        }
    }
}

impl Letter {
    /// A copy whose only line is this one.
    fn with(self, line: &'static str) -> Self {
        Self { lines: vec![Inert::new(line, &[])], ..self }
    }
}
