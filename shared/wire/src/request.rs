//! A request as its people see it.

use std::collections::BTreeSet;

use domain::{
    grant::Grant,
    request::{Approval, Decision, Entry, Request, Review, Step, Terms, Verdict},
    value::{Digest, Duration, EntitlementId, Person, Reason, RequestId, RuleId, Ticket, Window},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::{Delivery, ports::StoredPage};

use crate::TimelineEntry;

/// A request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestDocument {
    /// Its id.
    pub id: RequestId,
    /// The name of its state.
    pub status: String,
    /// The window of access, once it is fixed.
    pub window: Option<Window>,
    /// The time it was closed early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// The terms.
    #[serde(flatten)]
    pub terms: TermsDocument,
    /// The answers so far.
    pub decisions: Vec<DecisionDocument>,
    /// The review of an access that was opened in an emergency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewDocument>,
    /// The number of entries of its history.
    pub version: u64,
    /// The reason why access could not be opened, with the way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Its history, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<TimelineEntry>>,
    /// The mails about it, where its history was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mails: Option<Vec<MailDocument>>,
    /// Notes for the requester.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The terms of a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TermsDocument {
    /// The id of the entitlement.
    pub entitlement: EntitlementId,
    /// The title of the entitlement.
    pub title: String,
    /// The tags of the entitlement.
    pub tags: BTreeSet<String>,
    /// The requester.
    pub requester: Person,
    /// The reason of the requester.
    pub reason: Reason,
    /// The ticket that the request belongs to.
    pub ticket: Option<Ticket>,
    /// The duration of access.
    pub duration: Duration,
    /// The start of access, where it was asked for.
    pub starts_at: Option<Timestamp>,
    /// The request that it extends.
    pub extends: Option<RequestId>,
    /// The way it is approved: `people`, `rule` or `break_glass`.
    pub approved_by: String,
    /// The approval steps.
    pub steps: Vec<StepDocument>,
    /// The first instant that is too late to decide. None where no people decide.
    pub decide_by: Option<Timestamp>,
    /// Whether an answer by a link takes a sign-in.
    pub sign_in: bool,
    /// The reason why things made during access may stay when it ends. None if nothing may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<String>,
    /// The grant.
    pub grant: GrantDocument,
    /// The digest of the rule set that allowed the request.
    pub rules: Digest,
    /// The ids of the rules that allowed the request.
    pub allowed_by: BTreeSet<RuleId>,
}

/// An approval step, with the people who count for it so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepDocument {
    /// Its name.
    pub name: String,
    /// The number of people who must say yes.
    pub quorum: usize,
    /// The people who may say yes.
    pub approvers: BTreeSet<Person>,
    /// The people who said yes and count for this step.
    pub yes: Vec<Person>,
}

/// One approver's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DecisionDocument {
    /// The approver.
    pub by: Person,
    /// Yes or no.
    pub verdict: String,
    /// The reason of the approver.
    pub reason: Reason,
    /// The time of the answer.
    pub at: Timestamp,
}

/// One mail about a request, and what is known of its delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailDocument {
    /// The request.
    pub request: RequestId,
    /// The entry of its history that the mail is about.
    pub seq: u64,
    /// The name of the event, such as `asked`.
    pub event: String,
    /// The addressee.
    pub to: Person,
    /// The time this became known.
    pub at: Timestamp,
    /// The outcome, such as `delivered`.
    pub outcome: String,
}

/// The review of an access that was opened in an emergency.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReviewDocument {
    /// `open`, `overdue` or `done`.
    pub status: String,
    /// The time from which an open review is overdue. None once it is done.
    pub review_by: Option<Timestamp>,
    /// The answer of the reviewer.
    pub decision: Option<DecisionDocument>,
}

/// A grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GrantDocument {
    /// Its digest, to which an approver says yes.
    pub digest: Digest,
    /// Display name of the identity the grantee acts as.
    #[serde(rename = "as")]
    pub acts_as: String,
    /// The way in which access ends, in words.
    pub ending: String,
    /// The grant itself: its `kind`, and the fields of that kind.
    #[serde(flatten)]
    pub says: Map<String, Value>,
}

/// A page of requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestPage {
    /// The requests, newest first.
    pub requests: Vec<RequestDocument>,
    /// The cursor of the next page. None on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl From<&Request> for RequestDocument {
    fn from(request: &Request) -> Self {
        Self {
            id: request.id().clone(),
            status: request.status().to_string(),
            window: request.window(),
            revoked_at: request.state().revoked_at(),
            terms: TermsDocument::of(request.terms(), request.approved_by()),
            decisions: request.decisions().iter().map(DecisionDocument::from).collect(),
            review: request.review().map(ReviewDocument::from),
            version: request.version(),
            failure: request.state().failure().map(wording::advice),
            timeline: None,
            mails: None,
            notes: Vec::new(),
        }
    }
}

impl RequestDocument {
    /// A copy with notes for the requester.
    #[must_use]
    pub fn with_notes(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    /// A copy with the history of the request and the mails about it.
    #[must_use]
    pub fn with_timeline(self, history: Vec<Entry>, mails: &[Delivery]) -> Self {
        let timeline = history.into_iter().map(TimelineEntry::from).collect();
        Self {
            timeline: Some(timeline),
            mails: Some(mails.iter().map(MailDocument::from).collect()),
            ..self
        }
    }
}

impl TermsDocument {
    /// The terms, with the people who have approved so far.
    pub fn of<'a>(terms: &'a Terms, approved_by: impl Iterator<Item = &'a Person>) -> Self {
        let seats = match &terms.approval {
            Approval::People { steps, .. } => steps.seat(approved_by),
            Approval::Rule | Approval::BreakGlass { .. } => Vec::new(),
        };
        let step = |(step, yes): (&Step, Vec<&Person>)| StepDocument {
            name: step.name.clone(),
            quorum: step.quorum,
            approvers: step.approvers.clone(),
            yes: yes.into_iter().cloned().collect(),
        };
        let approved_by = match terms.approval {
            Approval::People { .. } => "people",
            Approval::Rule => "rule",
            Approval::BreakGlass { .. } => "break_glass",
        };
        Self {
            entitlement: terms.entitlement.clone(),
            title: terms.title.clone(),
            tags: terms.tags.clone(),
            requester: terms.requester.clone(),
            reason: terms.reason.clone(),
            ticket: terms.ticket.clone(),
            duration: terms.duration,
            starts_at: terms.starts_at,
            extends: terms.extends.clone(),
            approved_by: approved_by.to_owned(),
            steps: terms.approval.steps().iter().zip(seats).map(step).collect(),
            decide_by: terms.approval.decide_by(),
            sign_in: terms.sign_in,
            lasting: terms.lasting.clone(),
            grant: GrantDocument::from(&terms.grant),
            rules: terms.basis.rule_set,
            allowed_by: terms.basis.rule_ids.clone(),
        }
    }
}

impl From<&Grant> for GrantDocument {
    fn from(grant: &Grant) -> Self {
        let says = match serde_json::to_value(grant) {
            Ok(Value::Object(says)) => says,
            // A grant is always an object.
            Ok(_) | Err(_) => Map::new(),
        };
        Self {
            digest: grant.digest(),
            acts_as: wording::acts_as(grant),
            ending: wording::ending(grant).to_owned(),
            says,
        }
    }
}

impl From<&Decision> for DecisionDocument {
    fn from(decision: &Decision) -> Self {
        let Decision { verdict, answer, at } = decision;
        let verdict = match verdict {
            Verdict::Approve => "approve",
            Verdict::Deny => "deny",
        };
        let (by, reason) = (answer.by.clone(), answer.reason.clone());
        Self { by, verdict: verdict.to_owned(), reason, at: *at }
    }
}

impl From<&Review> for ReviewDocument {
    fn from(review: &Review) -> Self {
        let (status, review_by, decision) = match review {
            Review::Open { review_by } => ("open", Some(*review_by), None),
            Review::Overdue { review_by } => ("overdue", Some(*review_by), None),
            Review::Done(decision) => ("done", None, Some(DecisionDocument::from(decision))),
        };
        Self { status: status.to_owned(), review_by, decision }
    }
}

impl From<&StoredPage> for RequestPage {
    fn from(page: &StoredPage) -> Self {
        Self {
            requests: page.requests.iter().map(RequestDocument::from).collect(),
            cursor: page.next.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&Delivery> for MailDocument {
    fn from(delivery: &Delivery) -> Self {
        let Delivery { mail_ref, to, at, outcome } = delivery;
        Self {
            request: mail_ref.request.clone(),
            seq: mail_ref.seq,
            event: mail_ref.event.clone(),
            to: to.clone(),
            at: *at,
            outcome: outcome.to_string(),
        }
    }
}
