//! The world in memory, for tests: small, honest, and as strict as the real one.
//!
//! It refuses stale commits and rows that are there already, finds links by digest only, and
//! keeps policies by user and name as IAM does. A [`Cut`] ends a story after any number of
//! steps, before or after the last one took effect; [`Interrupted`] does something else just
//! before a call opens access.

mod attachments;
mod by_hand;
mod checkpoints;
mod golden;
mod iam;
mod interrupted;
mod outside;
mod rules;
mod store;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ::rules::source::RuleSet;
use domain::{
    grant::{Attachment, Bars, Deployment, PolicyArn, Principal},
    history::{Drift, DriftEntry, HistoryId, Publication, RawEntry},
    request::{Cause, Entry, Outstanding, Request},
    value::{Digest, Person, RequestId},
};
use jiff::Timestamp;
use service::{
    Delivery, Fault, Link, Session, Worker,
    ports::{Arrived, Aside, Mail, Proposal},
};

pub use golden::{GoldenLife, golden_lives};
pub use interrupted::Interrupted;

/// The world in memory. It implements all the ports.
pub struct World {
    inner: Mutex<Inner>,
    deployment: Deployment,
}

impl Default for World {
    fn default() -> Self {
        let deployment = Deployment::of_stack("eu-central-1", "portcullis");
        Self { inner: Mutex::default(), deployment }
    }
}

#[derive(Default)]
struct Inner {
    requests: BTreeMap<RequestId, (Request, Vec<Entry>)>,
    outstanding: BTreeMap<Person, Outstanding>,
    /// The keys of rows in the index that are no requests.
    strange: Vec<String>,
    keys: BTreeMap<String, (Digest, RequestId, Timestamp)>,
    links: BTreeMap<Digest, Link>,
    sessions: Vec<Session>,
    rules: BTreeMap<Digest, Arc<RuleSet>>,
    in_force: Option<Digest>,
    publications: Vec<Publication>,
    proposal: Option<Proposal>,
    /// The texts of managed policies by ARN, and of the policies of roles by name.
    texts: BTreeMap<String, String>,
    iam: iam::Account,
    attachments: BTreeMap<(Principal, PolicyArn), Attachment>,
    bars: BTreeMap<Principal, Bars>,
    drift: Vec<DriftEntry>,
    mails: Vec<Mail>,
    deliveries: Vec<Delivery>,
    ledger: BTreeMap<(HistoryId, u64), RawEntry>,
    /// Raw entries of the audit record whose place was taken by others.
    beside: Vec<RawEntry>,
    announced: Vec<(HistoryId, u64)>,
    cut: Option<Cut>,
    /// Whether IAM throttles all calls.
    throttles: bool,
    /// The grants whose marks IAM always fails to delete.
    poisoned: BTreeSet<RequestId>,
    /// The requests that cannot be read any more.
    spoilt: BTreeSet<RequestId>,
    /// The cause for which IAM refuses calls that give access.
    says_no: Option<Cause>,
    /// Rows that could not be put on record.
    aside: Vec<Aside>,
    /// The entries that the audit record never takes, by hash.
    indigestible: BTreeSet<Digest>,
    /// The raw entries of the audit record, in order of arrival.
    arrived: Vec<Arrived>,
    /// The files in the bucket of checkpoints.
    files: BTreeMap<String, Vec<u8>>,
    /// A change of an attachment that comes just before the next one of it in the story.
    faster: Option<Attachment>,
}

/// The calls that IAM throttles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// All of them.
    All,
    /// None.
    None,
}

/// The step at which a story is cut short. Every later step fails as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// This many steps get through; the next one does nothing and fails.
    Before(usize),
    /// This many steps get through; the next one takes effect and still fails, as
    /// when an answer is lost on the way back.
    After(usize),
}

impl World {
    /// An empty world with these rules in force.
    pub fn with_rules(rules: RuleSet) -> Self {
        let world = Self::default();
        world.publish_rules(rules);
        world
    }

    /// A worker on this world alone.
    pub fn worker(&self) -> Worker<'_, Self, Self, Self> {
        Worker { store: self, iam: self, rules: self }
    }

    /// Cuts stories short from now on. `None` lets everything through again.
    pub fn cut(&self, cut: Option<Cut>) {
        self.lock().cut = cut;
    }

    /// The sessions that were given out.
    pub fn sessions(&self) -> Vec<Session> {
        self.lock().sessions.clone()
    }

    /// The mails sent so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.lock().mails.clone()
    }

    /// The raw entries of the audit record, in order of history and number.
    pub fn ledger(&self) -> Vec<RawEntry> {
        self.lock().ledger.values().cloned().collect()
    }

    /// Raw entries of the audit record whose place was taken by others.
    pub fn beside(&self) -> Vec<RawEntry> {
        self.lock().beside.clone()
    }

    /// Rows that could not be put on record.
    pub fn aside(&self) -> Vec<Aside> {
        self.lock().aside.clone()
    }

    /// Makes the audit record refuse this entry whenever it comes.
    pub fn never_take(&self, line: &RawEntry) {
        self.lock().indigestible.insert(line.hash);
    }

    /// The entries announced so far, by history and number.
    pub fn announced(&self) -> Vec<(HistoryId, u64)> {
        self.lock().announced.clone()
    }

    /// Makes IAM throttle all calls from now on, or none.
    pub fn throttle(&self, throttles: Throttle) {
        self.lock().throttles = throttles == Throttle::All;
    }

    /// Makes IAM fail from now on to delete the mark of this grant.
    pub fn poison(&self, id: &RequestId) {
        self.lock().poisoned.insert(id.clone());
    }

    /// Makes the row of a request unreadable.
    pub fn spoil(&self, id: &RequestId) {
        self.lock().spoilt.insert(id.clone());
    }

    /// Makes IAM refuse each call that gives access, for this cause, from now on. `None` ends
    /// that.
    pub fn refuse(&self, cause: Option<Cause>) {
        self.lock().says_no = cause;
    }

    /// Records this just before the next change of the same attachment, as a faster worker does.
    pub fn overtake(&self, attachment: Attachment) {
        self.lock().faster = Some(attachment);
    }

    /// The drift on record.
    pub fn drift(&self) -> Vec<Drift> {
        self.lock().drift.iter().map(|entry| entry.event.drift.clone()).collect()
    }

    /// Forgets all requests and attachments, as when a table is lost.
    pub fn lose_records(&self) {
        let mut inner = self.lock();
        inner.requests.clear();
        inner.attachments.clear();
    }

    /// Writes a row that is no request into the index of due requests.
    pub fn write_strange_row(&self, key: &str) {
        self.lock().strange.push(key.to_owned());
    }

    /// Forgets the outstanding requests of all people, as if others had submitted them.
    pub fn uncount(&self) {
        self.lock().outstanding.clear();
    }

    /// Writes a request with a history by hand, as a person who may write the table can.
    pub fn forge(&self, request: Request, history: Vec<Entry>) {
        self.lock().requests.insert(request.id().clone(), (request, history));
    }

    /// Forgets one request.
    pub fn lose_record(&self, id: &RequestId) {
        self.lock().requests.remove(id);
    }

    /// All requests.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.values().map(|(request, _)| request.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one step, unless the story is cut short here.
    fn step<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> Result<T, Fault> {
        let mut inner = self.lock();
        let (acts, answers) = match &mut inner.cut {
            None => (true, true),
            Some(Cut::Before(0)) => (false, false),
            Some(cut @ Cut::After(0)) => {
                *cut = Cut::Before(0);
                (true, false)
            }
            Some(Cut::Before(steps) | Cut::After(steps)) => {
                *steps -= 1;
                (true, true)
            }
        };
        let outcome = acts.then(|| act(&mut inner));
        outcome.filter(|_| answers).ok_or_else(|| Fault::new("step", "cut short by the test"))
    }
}
