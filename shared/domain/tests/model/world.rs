//! The state of the model: the records, IAM, and the work under way.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{Hash, Hasher},
    sync::Arc,
};

use domain::{
    grant::{Attachment, Grant, PolicyArn, PolicyDocument, Principal},
    request::{Approval, Command, Effect, Request, Step, Steps, Terms},
    value::{Basis, CallContext, Digest, RequestId, Window},
};
use jiff::{SignedDuration, Timestamp};

/// The last step of time. A step is half an hour, and access lasts for two steps.
pub(crate) const LAST: i64 = 3;

/// The kind of grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Inline,
    Managed,
    /// A managed policy that somebody had attached before.
    Found,
    Session,
}

/// A request as it is on record. Requests that are equal behave alike from here on.
#[derive(Debug, Clone)]
pub(crate) struct Known(pub(crate) Arc<Request>);

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.0.state() == other.0.state()
            && self.0.version() == other.0.version()
            && self.0.terms().grant == other.0.terms().grant
    }
}

impl Eq for Known {}

impl Hash for Known {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.version().hash(hasher);
        self.0.status().as_str().hash(hasher);
        self.0.window().map(|window| window.ends_at()).hash(hasher);
    }
}

/// The grants in IAM, and the sessions that STS has given out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct ModelIam {
    /// Inline policies by request: the start and the end of the time in which each has effect.
    pub(crate) inline: BTreeMap<usize, (Timestamp, Timestamp)>,
    pub(crate) attached: bool,
    pub(crate) bars: BTreeSet<usize>,
    /// The end of the session of a request.
    pub(crate) sessions: BTreeMap<usize, Timestamp>,
}

/// A call to IAM that changes access.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Call {
    Put(usize, (Timestamp, Timestamp)),
    Delete(usize),
    Attach,
    Bar(usize),
    Unbar(usize),
}

/// A worker that settles a request: a delivery of the stream, or a sweep.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Worker {
    pub(crate) of: usize,
    pub(crate) does: Does,
}

/// The next step of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Does {
    /// Reaches an effect.
    Reach(Reach),
    /// Attaches the managed policy that is on record as held.
    Attach,
    /// Detaches the policy, and records that it was released.
    Detach(After),
    /// Records the outcome.
    Record(Outcome),
}

/// An [`Effect`] that can be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reach {
    Ensure(Timestamp, Timestamp),
    Gone,
    /// The grant is gone, after a call that came late.
    TakenBack,
    Bar(Timestamp),
    KeepBarred,
    Lift,
}

impl From<Effect> for Reach {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Ensure(window) => Self::Ensure(window.starts_at(), window.ends_at()),
            Effect::EnsureGone(_) => Self::Gone,
            Effect::Bar(until) => Self::Bar(until),
            Effect::KeepBarred => Self::KeepBarred,
            Effect::Lift => Self::Lift,
        }
    }
}

/// The step after a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum After {
    Record,
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Opened,
    Closed,
    Barred(Timestamp),
    Lifted,
}

impl Outcome {
    pub(crate) fn command(self) -> Command {
        match self {
            Self::Opened => Command::Opened,
            Self::Closed => Command::Closed,
            Self::Barred(until) => Command::Barred(until),
            Self::Lifted => Command::Lifted,
        }
    }
}

/// The state of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: i64,
    pub(crate) records: Vec<Known>,
    pub(crate) attachment: Option<Attachment>,
    pub(crate) iam: ModelIam,
    pub(crate) workers: Vec<Worker>,
    /// Calls on their way that no worker waits for any more.
    pub(crate) late: Vec<Call>,
    /// Number of entries in each history.
    pub(crate) entries: Vec<u64>,
    /// The window of each request as it was fixed first.
    pub(crate) fixed: Vec<Option<(Timestamp, Timestamp)>>,
    /// Whether each request was denied or cancelled.
    pub(crate) refused: Vec<bool>,
    /// Numbers of the laws that a step was seen to break.
    pub(crate) broken: BTreeSet<u8>,
}

impl World {
    pub(crate) fn of(kind: Kind, requests: usize) -> Self {
        let opened: Vec<_> = (0..requests)
            .map(|number| Request::open(&id(number), terms(kind), start()).unwrap())
            .collect();
        Self {
            now: 0,
            entries: opened.iter().map(|(_, entries)| entries.len() as u64).collect(),
            records: opened.into_iter().map(|(request, _)| Known(Arc::new(request))).collect(),
            attachment: None,
            iam: ModelIam { attached: kind == Kind::Found, ..ModelIam::default() },
            workers: Vec::new(),
            late: Vec::new(),
            fixed: vec![None; requests],
            refused: vec![false; requests],
            broken: BTreeSet::new(),
        }
    }

    pub(crate) fn time(&self) -> Timestamp {
        start() + SignedDuration::from_mins(30 * self.now)
    }

    pub(crate) fn request(&self, number: usize) -> &Request {
        &self.records[number].0
    }
}

pub(crate) fn ends(window: Window) -> (Timestamp, Timestamp) {
    (window.starts_at(), window.ends_at())
}

pub(crate) fn start() -> Timestamp {
    "2026-05-04T10:00:00Z".parse().unwrap()
}

pub(crate) fn id(number: usize) -> RequestId {
    RequestId::from_random([u8::try_from(number).unwrap() + 1; 10])
}

pub(crate) fn on() -> Principal {
    Principal::User("ann".parse().unwrap())
}

pub(crate) fn policy() -> PolicyArn {
    "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap()
}

pub(crate) fn call_context() -> CallContext {
    CallContext { at: start(), source_ip: None, mfa: false }
}

pub(crate) fn basis() -> Basis {
    Basis { rule_set: Digest::ZERO, rule_ids: BTreeSet::new() }
}

pub(crate) fn terms(kind: Kind) -> Terms {
    let document = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let grant = match kind {
        Kind::Inline => {
            Grant::InlinePolicy { on: on(), policy: PolicyDocument::from_json(document).unwrap() }
        }
        Kind::Managed | Kind::Found => Grant::ManagedPolicy { on: on(), policy: policy() },
        Kind::Session => Grant::Session {
            role: "arn:aws:iam::123456789012:role/deploy".parse().unwrap(),
            here: true,
            external_id: None,
            policy: None,
            policies: BTreeSet::new(),
        },
    };
    let approvers = ["bob@example.com".parse().unwrap()].into();
    let step = Step { name: "approval".to_owned(), approvers, quorum: 1 };
    let decide_by = start() + SignedDuration::from_hours(1);
    Terms {
        entitlement: "orders-read".parse().unwrap(),
        title: "Read orders".to_owned(),
        tags: BTreeSet::new(),
        requester: "ann@example.com".parse().unwrap(),
        reason: "incident 4711".parse().unwrap(),
        ticket: None,
        duration: "1h".parse().unwrap(),
        starts_at: None,
        extends: None,
        approval: Approval::People { steps: Steps(vec![step]), decide_by, nudges: Vec::new() },
        sign_in: false,
        lasting: None,
        grant,
        unique_id: None,
        call: call_context(),
        basis: basis(),
    }
}
