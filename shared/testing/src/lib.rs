//! The world in memory, for tests: small, honest, and as strict as the real one.
//!
//! It refuses stale commits and rows that are there already, finds links by digest only, and
//! keeps policies by user and name as IAM does. A [`Cut`] ends a story after any number of
//! steps, before or after the last one took effect; [`Interrupted`] does something else just
//! before a call opens access.

mod attachments;
mod by_hand;
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
    ports::{Mail, Proposal},
};

pub use interrupted::Interrupted;

/// Everything there is, shared by all the ports.
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
    /// Lines whose place was taken by others.
    beside: Vec<RawEntry>,
    announced: Vec<(HistoryId, u64)>,
    cut: Option<Cut>,
    /// Whether IAM says that there are too many calls.
    throttles: bool,
    /// The grants whose mark IAM does not wipe out, whatever is tried.
    poisoned: BTreeSet<RequestId>,
    /// The requests nobody can read any more.
    spoilt: BTreeSet<RequestId>,
    /// What IAM says to the next calls that give.
    says_no: Option<Cause>,
}

/// Which calls IAM has too many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// All of them.
    All,
    /// None.
    None,
}

/// Where a story is cut short. Every step after that fails as well.
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

    /// From now on, cuts stories short; with none, lets everything through again.
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

    /// The lines of the ledger, in order of request and entry.
    pub fn ledger(&self) -> Vec<RawEntry> {
        self.lock().ledger.values().cloned().collect()
    }

    /// Lines of the ledger whose place was taken by others.
    pub fn beside(&self) -> Vec<RawEntry> {
        self.lock().beside.clone()
    }

    /// What was announced so far.
    pub fn announced(&self) -> Vec<(HistoryId, u64)> {
        self.lock().announced.clone()
    }

    /// From now on, IAM says to each call that there are too many; or takes them again.
    pub fn throttle(&self, throttles: Throttle) {
        self.lock().throttles = throttles == Throttle::All;
    }

    /// From now on, IAM fails whenever it is to wipe out the mark of this grant.
    pub fn poison(&self, id: &RequestId) {
        self.lock().poisoned.insert(id.clone());
    }

    /// Makes the row of a request one that cannot be read.
    pub fn spoil(&self, id: &RequestId) {
        self.lock().spoilt.insert(id.clone());
    }

    /// From now on, IAM refuses whatever is given, for this cause; or takes it again.
    pub fn refuse(&self, cause: Option<Cause>) {
        self.lock().says_no = cause;
    }

    /// What was found in IAM that should not have been there.
    pub fn drift(&self) -> Vec<Drift> {
        self.lock().drift.iter().map(|entry| entry.event.drift.clone()).collect()
    }

    /// Forgets every request and who holds what, as when a table is lost.
    pub fn lose_records(&self) {
        let mut inner = self.lock();
        inner.requests.clear();
        inner.attachments.clear();
    }

    /// Writes a row into the index of what is due that is no request.
    pub fn write_strange_row(&self, key: &str) {
        self.lock().strange.push(key.to_owned());
    }

    /// Forgets how much everybody has under way, as if others had asked for it.
    pub fn uncount(&self) {
        self.lock().outstanding.clear();
    }

    /// Writes a request with a history by hand, as somebody can who holds the table.
    pub fn forge(&self, request: Request, history: Vec<Entry>) {
        self.lock().requests.insert(request.id().clone(), (request, history));
    }

    /// Forgets one request.
    pub fn lose_record(&self, id: &RequestId) {
        self.lock().requests.remove(id);
    }

    /// Every request there is.
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
