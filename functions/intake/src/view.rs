//! What goes out on the wire, where it says less than the domain or must stay fixed.

#[cfg(test)]
mod golden;

use std::collections::BTreeSet;

use domain::{
    grant::Grant,
    request::{Approval, Decision, Entry, Request, Review, Terms, Verdict},
    value::{Digest, Duration, EntitlementId, Person, Reason, RequestId, RuleId, Ticket, Window},
};
use jiff::Timestamp;
use rules::{Denial, directory::Entitlement};
use serde::Serialize;
use service::{Delivery, ports::Page};

/// A request as its people see it.
#[derive(Serialize)]
pub(crate) struct RequestView<'a> {
    id: &'a RequestId,
    status: &'static str,
    window: Option<Window>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    #[serde(flatten)]
    terms: TermsView<'a>,
    decisions: Vec<DecisionView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<ReviewView<'a>>,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<&'a [Entry]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mails: Option<&'a [Delivery]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// An ask as it was shown and pinned.
#[derive(Serialize)]
pub(crate) struct TermsView<'a> {
    entitlement: &'a EntitlementId,
    title: &'a str,
    tags: &'a BTreeSet<String>,
    requester: &'a Person,
    reason: &'a Reason,
    ticket: Option<&'a Ticket>,
    duration: Duration,
    starts_at: Option<Timestamp>,
    extends: Option<&'a RequestId>,
    approved_by: &'static str,
    steps: Vec<StepView<'a>>,
    decide_by: Option<Timestamp>,
    sign_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    lasting: Option<&'a str>,
    grant: GrantView<'a>,
    rules: Digest,
    allowed_by: &'a BTreeSet<RuleId>,
}

/// An approval step, and who counts for it so far.
#[derive(Serialize)]
struct StepView<'a> {
    name: &'a str,
    quorum: usize,
    approvers: &'a BTreeSet<Person>,
    yes: Vec<&'a Person>,
}

#[derive(Serialize)]
struct DecisionView<'a> {
    by: &'a Person,
    verdict: Verdict,
    reason: &'a Reason,
    at: Timestamp,
}

#[derive(Serialize)]
struct ReviewView<'a> {
    status: &'static str,
    review_by: Option<Timestamp>,
    decision: Option<DecisionView<'a>>,
}

#[derive(Serialize)]
struct GrantView<'a> {
    digest: Digest,
    #[serde(rename = "as")]
    acts_as: String,
    ending: &'static str,
    #[serde(flatten)]
    says: &'a Grant,
}

impl<'a> RequestView<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        Self {
            id: request.id(),
            status: request.status().as_str(),
            window: request.window(),
            revoked_at: request.state().revoked_at(),
            terms: TermsView::of(request.terms(), request.approved_by()),
            decisions: request.decisions().iter().map(DecisionView::of).collect(),
            review: request.review().map(ReviewView::of),
            version: request.version(),
            failure: request.state().failure().map(wording::advice),
            timeline: None,
            mails: None,
            notes: Vec::new(),
        }
    }

    /// With what somebody who asks should know besides.
    pub(crate) fn with_notes(mut self, notes: Vec<String>) -> Self {
        self.notes = notes;
        self
    }

    /// With everything that happened, and what is known of the mails about it.
    pub(crate) fn with_timeline(mut self, history: &'a [Entry], mails: &'a [Delivery]) -> Self {
        self.timeline = Some(history);
        self.mails = Some(mails);
        self
    }
}

impl<'a> TermsView<'a> {
    pub(crate) fn of(terms: &'a Terms, approved_by: impl Iterator<Item = &'a Person>) -> Self {
        let seats = match &terms.approval {
            Approval::People { steps, .. } => steps.seat(approved_by),
            Approval::Rule | Approval::BreakGlass { .. } => Vec::new(),
        };
        let step = |(step, yes): (&'a domain::request::Step, Vec<&'a Person>)| StepView {
            name: &step.name,
            quorum: step.quorum,
            approvers: &step.approvers,
            yes,
        };
        Self {
            entitlement: &terms.entitlement,
            title: &terms.title,
            tags: &terms.tags,
            requester: &terms.requester,
            reason: &terms.reason,
            ticket: terms.ticket.as_ref(),
            duration: terms.duration,
            starts_at: terms.starts_at,
            extends: terms.extends.as_ref(),
            approved_by: match terms.approval {
                Approval::People { .. } => "people",
                Approval::Rule => "rule",
                Approval::BreakGlass { .. } => "break_glass",
            },
            steps: terms.approval.steps().iter().zip(seats).map(step).collect(),
            decide_by: terms.approval.decide_by(),
            sign_in: terms.sign_in,
            lasting: terms.lasting.as_deref(),
            grant: GrantView {
                digest: terms.grant.digest(),
                acts_as: wording::acts_as(&terms.grant),
                ending: wording::ending(&terms.grant),
                says: &terms.grant,
            },
            rules: terms.basis.rule_set,
            allowed_by: &terms.basis.rule_ids,
        }
    }
}

impl<'a> DecisionView<'a> {
    fn of(decision: &'a Decision) -> Self {
        let Decision { verdict, answer, at } = decision;
        Self { by: &answer.by, verdict: *verdict, reason: &answer.reason, at: *at }
    }
}

impl<'a> ReviewView<'a> {
    fn of(review: &'a Review) -> Self {
        match review {
            Review::Open { review_by } => {
                Self { status: "open", review_by: Some(*review_by), decision: None }
            }
            Review::Overdue { review_by } => {
                Self { status: "overdue", review_by: Some(*review_by), decision: None }
            }
            Review::Done(decision) => {
                Self { status: "done", review_by: None, decision: Some(DecisionView::of(decision)) }
            }
        }
    }
}

/// A page of requests.
#[derive(Serialize)]
pub(crate) struct RequestList<'a> {
    requests: Vec<RequestView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl<'a> RequestList<'a> {
    pub(crate) fn of(page: &'a Page) -> Self {
        Self {
            requests: page.requests.iter().map(RequestView::of).collect(),
            cursor: page.next.as_ref().map(ToString::to_string),
        }
    }
}

/// What the rules say to an ask that was not made.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub(crate) enum RulingView<'a> {
    /// It would open at once.
    Allow(TermsView<'a>),
    /// These people would decide.
    NeedsApproval(TermsView<'a>),
    /// It would be refused.
    Deny { reasons: &'a [Denial] },
}

impl<'a> RulingView<'a> {
    pub(crate) fn of(verdict: &'a rules::judge::Ruling) -> Self {
        let nobody = std::iter::empty;
        match verdict {
            rules::judge::Ruling::Allow(terms) => Self::Allow(TermsView::of(terms, nobody())),
            rules::judge::Ruling::NeedsApproval(terms) => {
                Self::NeedsApproval(TermsView::of(terms, nobody()))
            }
            rules::judge::Ruling::Deny(reasons) => Self::Deny { reasons },
        }
    }
}

/// The answer to a dry run: the verdict, and what they should know besides.
#[derive(Serialize)]
pub(crate) struct DryRunView<'a> {
    #[serde(flatten)]
    pub(crate) verdict: RulingView<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
}

/// An entry of the catalogue, as somebody who may ask for it sees it.
#[derive(Serialize)]
pub(crate) struct EntitlementView<'a> {
    id: &'a EntitlementId,
    title: &'a str,
    tags: &'a BTreeSet<String>,
    max_duration: Duration,
    max_ahead: Duration,
    decide_within: Duration,
    ticket: Option<&'a str>,
    reason_length: usize,
    /// Why what is made with it may stay when access ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    lasting: Option<&'a str>,
    steps: Vec<StepTemplateView<'a>>,
    /// Whether some asks need nobody's yes.
    could_be_automatic: bool,
    could_break_glass: bool,
    /// What stands in the way just now.
    obstacles: Vec<Denial>,
}

#[derive(Serialize)]
struct StepTemplateView<'a> {
    name: &'a str,
    quorum: usize,
    approvers: String,
}

impl<'a> EntitlementView<'a> {
    pub(crate) fn of(
        (id, entry, obstacles): (&'a EntitlementId, &'a Entitlement, Vec<Denial>),
        rules: &rules::source::RuleSet,
        person: &Person,
    ) -> Self {
        let step = |step: &'a rules::directory::StepTemplate| StepTemplateView {
            name: &step.name,
            quorum: step.quorum,
            approvers: step.approvers.to_string(),
        };
        Self {
            id,
            title: &entry.title,
            tags: &entry.tags,
            max_duration: entry.max_duration,
            max_ahead: entry.max_ahead,
            decide_within: entry.decide_within,
            ticket: entry.ticket.as_ref().map(rules::directory::TicketPattern::as_str),
            reason_length: entry.reason_length,
            lasting: entry.lasting.as_deref(),
            steps: entry.steps.iter().map(step).collect(),
            could_be_automatic: rules.could_be_automatic(person, id),
            could_break_glass: rules.could_break_glass(person, id),
            obstacles,
        }
    }
}
