//! The world in memory: small, honest, and as strict as the real one.
//!
//! It refuses stale commits and rows that are there already, finds links by
//! digest only, and keeps policies by user and name as IAM does. A [`Cut`] ends a
//! story after any number of steps, before or after the last one took effect.

mod iam;
mod rules;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ::rules::RuleSet;
use domain::{
    Bars, Cause, Deployment, Digest, Entry, Guard, Holding, Line, Outstanding, Person, PolicyArn,
    Principal, Publication, Request, RequestId, Sighting, Stray, Subject,
};
use jiff::Timestamp;

use crate::{
    Credentials, Delivery, Fault, Link, LinkToken, Outcome, Session,
    ports::{
        Appended, Committed, Created, Cursor, Deliveries, DriftLog, Due, DueAfter, DuePage,
        Holdings, IdempotencyKey, KEY_LIFETIME, Lane, Ledger, Links, Listeners, Loaded, Mail,
        Mailer, Minted, Minter, Page, Part, Proposal, Snapshot, Store,
    },
};

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
    holdings: BTreeMap<(Principal, PolicyArn), Holding>,
    bars: BTreeMap<Principal, Bars>,
    sightings: Vec<Sighting>,
    mails: Vec<Mail>,
    deliveries: Vec<Delivery>,
    ledger: BTreeMap<(Subject, u64), Line>,
    /// Lines whose place was taken by others.
    beside: Vec<Line>,
    announced: Vec<(Subject, u64)>,
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
    pub fn ledger(&self) -> Vec<Line> {
        self.lock().ledger.values().cloned().collect()
    }

    /// Lines of the ledger whose place was taken by others.
    pub fn beside(&self) -> Vec<Line> {
        self.lock().beside.clone()
    }

    /// What was announced so far.
    pub fn announced(&self) -> Vec<(Subject, u64)> {
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
    pub fn strays(&self) -> Vec<Stray> {
        self.lock().sightings.iter().map(|sighting| sighting.event.stray.clone()).collect()
    }

    /// Forgets every request and who holds what, as when a table is lost.
    pub fn lose_records(&self) {
        let mut inner = self.lock();
        inner.requests.clear();
        inner.holdings.clear();
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

impl Store for World {
    async fn create(
        &self,
        request: &Request,
        entries: &[Entry],
        key: Option<&IdempotencyKey>,
        outstanding: &Outstanding,
    ) -> Result<Created, Fault> {
        let made = self.step(|inner| {
            if let Some(earlier) = key.and_then(|key| inner.earlier_use(key, request.asked_at())) {
                return Some(earlier);
            }
            if inner.requests.contains_key(request.id()) {
                return None;
            }
            let known = inner.outstanding.get(&outstanding.person);
            if outstanding.version != known.map_or(0, |known| known.version) + 1 {
                return Some(Created::Overtaken);
            }
            inner.outstanding.insert(outstanding.person.clone(), outstanding.clone());
            if let Some(key) = key {
                let used = (key.body, request.id().clone(), request.asked_at());
                inner.keys.insert(name_of(key), used);
            }
            inner.requests.insert(request.id().clone(), (request.clone(), entries.to_vec()));
            Some(Created::New)
        })?;
        made.ok_or_else(|| Fault::new("record a request", "its id is taken"))
    }

    async fn outstanding(&self, person: &Person) -> Result<Outstanding, Fault> {
        let nothing = || Outstanding::nothing(person.clone());
        self.step(|inner| inner.outstanding.get(person).cloned().unwrap_or_else(nothing))
    }

    async fn earlier_use(
        &self,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Created>, Fault> {
        self.step(|inner| inner.earlier_use(key, now))
    }

    async fn load(&self, id: &RequestId) -> Result<Option<Request>, Fault> {
        self.step(|inner| inner.requests.get(id).map(|(request, _)| request.clone()))
    }

    async fn snapshot(&self, id: &RequestId) -> Result<Option<Snapshot>, Fault> {
        if self.lock().spoilt.contains(id) {
            return Err(Fault::new("read a request", "it cannot be read"));
        }
        self.step(|inner| inner.snapshot(id))
    }

    async fn load_all(&self, ids: &BTreeSet<RequestId>) -> Result<Loaded, Fault> {
        self.step(|inner| {
            let (spoilt, sound): (BTreeSet<_>, BTreeSet<_>) =
                ids.iter().cloned().partition(|id| inner.spoilt.contains(id));
            let found = sound.iter().filter_map(|id| inner.requests.get(id));
            Loaded { requests: found.map(|(request, _)| request.clone()).collect(), unread: spoilt }
        })
    }

    async fn history(&self, id: &RequestId) -> Result<Option<(Request, Vec<Entry>)>, Fault> {
        self.step(|inner| inner.requests.get(id).cloned())
    }

    async fn commit(
        &self,
        read: u64,
        after: &Request,
        entries: &[Entry],
    ) -> Result<Committed, Fault> {
        self.step(|inner| match inner.requests.get_mut(after.id()) {
            Some((request, history))
                if request.version() == read
                    && entries.first().is_some_and(|entry| entry.seq == read + 1) =>
            {
                *request = after.clone();
                history.extend_from_slice(entries);
                Committed::Done
            }
            Some(_) | None => Committed::Lost,
        })
    }

    /// Pages are short, so that each story with a few requests turns some.
    async fn due(
        &self,
        part: Part,
        after: Option<&DueAfter>,
        now: Timestamp,
    ) -> Result<DuePage, Fault> {
        const PAGE: usize = 3;
        // All is in one part here: the others are empty.
        if part.shard > 0 {
            return Ok(DuePage::default());
        }
        self.step(|inner| {
            let requests = inner.requests.values().map(|(request, _)| request);
            let mut due: Vec<_> = requests
                .filter(|request| Lane::of(request) == part.lane)
                .filter_map(|request| {
                    let id = request.id().clone();
                    let seen = (!inner.spoilt.contains(&id)).then(|| request.clone());
                    Some(Due { at: request.due_at()?, id, seen })
                })
                .filter(|due| due.at <= now)
                .collect();
            due.sort_by_key(|due| (due.at, due.id.clone()));
            let place =
                |due: &Due| (format!("{:020}", due.at.as_millisecond()), due.id.to_string());
            let after = after.map(|after| (after.at.clone(), after.key.0.clone()));
            due.retain(|due| after.as_ref().is_none_or(|after| *after < place(due)));
            let more = due.len() > PAGE;
            due.truncate(PAGE);
            let last = due.last().filter(|_| more).map(place);
            let next = last.map(|(at, id)| DueAfter { key: (id, String::new()), at });
            let unread =
                if part.lane == Lane::Waiting { inner.strange.clone() } else { Vec::new() };
            DuePage { due, unread, next }
        })
    }

    async fn asked_by(&self, person: &Person, _after: Option<&Cursor>) -> Result<Page, Fault> {
        self.step(|inner| {
            let requests = inner.requests.values().map(|(request, _)| request);
            let mut theirs: Vec<_> =
                requests.filter(|request| request.ask().requester == *person).cloned().collect();
            theirs.sort_by_key(|request| std::cmp::Reverse(request.asked_at()));
            Page { requests: theirs, next: None }
        })
    }
}

impl Inner {
    fn snapshot(&self, id: &RequestId) -> Option<Snapshot> {
        let (request, _) = self.requests.get(id)?;
        Some(Snapshot { request: request.clone(), rules: self.in_force })
    }

    fn earlier_use(&self, key: &IdempotencyKey, now: Timestamp) -> Option<Created> {
        let (body, earlier, used_at) = self.keys.get(&name_of(key))?;
        if used_at.duration_until(now) > KEY_LIFETIME {
            return None;
        }
        let same = *body == key.body;
        Some(if same { Created::Repeat(earlier.clone()) } else { Created::KeyReused })
    }
}

fn name_of(key: &IdempotencyKey) -> String {
    format!("{}#{}", key.caller, key.key)
}

impl Holdings for World {
    async fn holding(&self, on: &Principal, policy: &PolicyArn) -> Result<Option<Holding>, Fault> {
        self.step(|inner| inner.holdings.get(&(on.clone(), policy.clone())).cloned())
    }

    async fn hold(&self, holding: &Holding) -> Result<Committed, Fault> {
        let key = (holding.on.clone(), holding.policy.clone());
        self.step(|inner| {
            let version = inner.holdings.get(&key).map_or(0, |known| known.version);
            if holding.version != version + 1 {
                return Committed::Lost;
            }
            inner.holdings.insert(key, holding.clone());
            Committed::Done
        })
    }

    async fn unchecked(&self, now: Timestamp) -> Result<Vec<Holding>, Fault> {
        let is_due = |holding: &&Holding| holding.check_at().is_some_and(|at| at <= now);
        self.step(|inner| inner.holdings.values().filter(is_due).cloned().collect())
    }

    async fn holdings(&self) -> Result<Vec<Holding>, Fault> {
        self.step(|inner| inner.holdings.values().cloned().collect())
    }
}

impl DriftLog for World {
    async fn saw(&self, sightings: &[Sighting]) -> Result<(), Fault> {
        let place = |sighting: &Sighting| (sighting.drift, sighting.seq);
        let saw = self.step(|inner| {
            let taken: BTreeSet<_> = inner.sightings.iter().map(place).collect();
            let new = !sightings.iter().map(place).any(|place| taken.contains(&place));
            if new {
                inner.sightings.extend_from_slice(sightings);
            }
            new
        })?;
        if saw { Ok(()) } else { Err(Fault::new("record what was found", "its place is taken")) }
    }
}

impl Minter for World {
    fn guard(&self) -> &Guard {
        self.deployment.guard()
    }

    async fn mint(&self, session: &Session) -> Result<Minted, Fault> {
        self.step(|inner| {
            inner.sessions.push(session.clone());
            Minted::Given(Credentials {
                access_key_id: "ASIA".to_owned(),
                secret_access_key: "secret".to_owned(),
                session_token: "token".to_owned(),
                expires_at: Timestamp::MAX,
            })
        })
    }
}

impl Links for World {
    async fn record(&self, link: &Link) -> Result<(), Fault> {
        self.step(|inner| _ = inner.links.insert(link.digest, link.clone()))
    }

    async fn follow(&self, token: &LinkToken) -> Result<Option<(Link, Snapshot)>, Fault> {
        self.step(|inner| {
            let link = inner.links.get(&token.digest())?;
            Some((link.clone(), inner.snapshot(token.request())?))
        })
    }
}

impl Mailer for World {
    async fn send(&self, mail: &Mail) -> Result<Outcome, Fault> {
        self.step(|inner| {
            inner.mails.push(mail.clone());
            Outcome::Accepted
        })
    }
}

impl Deliveries for World {
    async fn note(&self, delivery: &Delivery) -> Result<(), Fault> {
        self.step(|inner| {
            if !inner.deliveries.contains(delivery) {
                inner.deliveries.push(delivery.clone());
            }
        })
    }

    async fn deliveries(&self, id: &RequestId) -> Result<Vec<Delivery>, Fault> {
        let about = |delivery: &&Delivery| delivery.occasion.request == *id;
        self.step(|inner| inner.deliveries.iter().filter(about).cloned().collect())
    }
}

impl Ledger for World {
    async fn append(&self, line: &Line) -> Result<Appended, Fault> {
        let place = (line.subject.clone(), line.seq);
        self.step(|inner| match inner.ledger.get(&place) {
            Some(there) if there == line => Appended::There,
            Some(_) => {
                inner.beside.push(line.clone());
                Appended::Beside
            }
            None => {
                inner.ledger.insert(place, line.clone());
                Appended::New
            }
        })
    }
}

impl Listeners for World {
    async fn announce(&self, lines: &[Line]) -> Result<(), Fault> {
        let told = lines.iter().map(|line| (line.subject.clone(), line.seq));
        self.step(|inner| inner.announced.extend(told))
    }
}
