//! The world in memory: small, honest, and as strict as the real one.
//!
//! It refuses stale commits, finds links by digest only, and keeps policies by
//! user and name as IAM does. A plan of [failures](World::fail_after) cuts a story
//! short after any number of steps.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{Digest, Entry, Grant, Person, PolicyName, Request, RequestId, Window};
use jiff::Timestamp;
use rules::RuleSet;

use crate::{
    Fault, Link, LinkToken,
    ports::{
        Committed, Created, Ensured, Grants, IdempotencyKey, Ledger, Links, Listeners, Mail,
        Mailer, Page, Rulebook, Store,
    },
};

/// Everything there is, shared by all the ports.
#[derive(Default)]
pub struct World {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    requests: BTreeMap<RequestId, (Request, Vec<Entry>)>,
    keys: BTreeMap<String, (Digest, RequestId)>,
    links: BTreeMap<Digest, Link>,
    rules: Option<Arc<RuleSet>>,
    policies: BTreeMap<(String, String), String>,
    missing_users: Vec<String>,
    mails: Vec<Mail>,
    ledger: BTreeMap<(RequestId, u64), Entry>,
    announced: Vec<(RequestId, u64)>,
    steps_left: Option<usize>,
}

impl World {
    /// An empty world with these rules in force.
    pub fn with_rules(rules: RuleSet) -> Self {
        let world = Self::default();
        world.publish(rules);
        world
    }

    /// Puts rules into force.
    pub fn publish(&self, rules: RuleSet) {
        self.lock().rules = Some(Arc::new(rules));
    }

    /// From now on, lets this many steps through and fails every one after,
    /// until it is called with none.
    pub fn fail_after(&self, steps: Option<usize>) {
        self.lock().steps_left = steps;
    }

    /// Makes an IAM user disappear.
    pub fn remove_user(&self, user: &str) {
        let mut inner = self.lock();
        inner.missing_users.push(user.to_owned());
        inner.policies.retain(|(owner, _), _| owner != user);
    }

    /// Puts a policy into IAM that is not ours.
    pub fn put_policy(&self, user: &str, name: &str, document: &str) {
        self.lock().policies.insert((user.to_owned(), name.to_owned()), document.to_owned());
    }

    /// What IAM holds: `user/name` and the document.
    pub fn policies(&self) -> Vec<(String, String)> {
        let policies = &self.lock().policies;
        policies.iter().map(|((user, name), doc)| (format!("{user}/{name}"), doc.clone())).collect()
    }

    /// The mails sent so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.lock().mails.clone()
    }

    /// The record of the ledger, in order of request and entry.
    pub fn ledger(&self) -> Vec<Entry> {
        self.lock().ledger.values().cloned().collect()
    }

    /// What was announced so far.
    pub fn announced(&self) -> Vec<(RequestId, u64)> {
        self.lock().announced.clone()
    }

    /// Every request there is.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.values().map(|(request, _)| request.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self) -> Result<MutexGuard<'_, Inner>, Fault> {
        let mut inner = self.lock();
        match &mut inner.steps_left {
            Some(0) => Err(Fault::new("step", "cut short by the test")),
            Some(steps) => {
                *steps -= 1;
                Ok(inner)
            }
            None => Ok(inner),
        }
    }
}

impl Store for World {
    async fn create(
        &self,
        request: &Request,
        entry: &Entry,
        key: Option<&IdempotencyKey>,
    ) -> Result<Created, Fault> {
        let mut inner = self.step()?;
        if let Some(key) = key {
            let name = format!("{}#{}", key.caller, key.key);
            match inner.keys.get(&name) {
                Some((body, earlier)) if *body == key.body => {
                    return Ok(Created::Repeat(earlier.clone()));
                }
                Some(_) => return Ok(Created::KeyReused),
                None => _ = inner.keys.insert(name, (key.body, request.id().clone())),
            }
        }
        inner.requests.insert(request.id().clone(), (request.clone(), vec![entry.clone()]));
        Ok(Created::New)
    }

    async fn load(&self, id: &RequestId) -> Result<Option<Request>, Fault> {
        Ok(self.step()?.requests.get(id).map(|(request, _)| request.clone()))
    }

    async fn history(&self, id: &RequestId) -> Result<Option<(Request, Vec<Entry>)>, Fault> {
        Ok(self.step()?.requests.get(id).cloned())
    }

    async fn commit(
        &self,
        read: u64,
        after: &Request,
        entries: &[Entry],
    ) -> Result<Committed, Fault> {
        let mut inner = self.step()?;
        match inner.requests.get_mut(after.id()) {
            Some((request, history)) if request.version() == read => {
                *request = after.clone();
                history.extend_from_slice(entries);
                Ok(Committed::Done)
            }
            Some(_) | None => Ok(Committed::Lost),
        }
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<RequestId>, Fault> {
        let inner = self.step()?;
        let due_at = |(request, _): &(Request, _)| request.due_at().filter(|at| *at <= now);
        let mut due: Vec<_> =
            inner.requests.values().filter_map(|r| Some((due_at(r)?, &r.0))).collect();
        due.sort_by_key(|(at, _)| *at);
        Ok(due.into_iter().map(|(_, request)| request.id().clone()).collect())
    }

    async fn asked_by(&self, person: &Person, _from: Option<&str>) -> Result<Page, Fault> {
        let inner = self.step()?;
        let mut requests: Vec<_> = inner
            .requests
            .values()
            .map(|(request, _)| request.clone())
            .filter(|request| request.ask().requester == *person)
            .collect();
        requests.sort_by_key(|request| std::cmp::Reverse(request.asked_at()));
        Ok(Page { requests, next: None })
    }
}

impl Grants for World {
    async fn ensure(
        &self,
        id: &RequestId,
        grant: &Grant,
        window: Window,
    ) -> Result<Ensured, Fault> {
        let mut inner = self.step()?;
        let Grant::InlinePolicy { user, policy } = grant;
        if inner.missing_users.iter().any(|missing| missing == user.as_str()) {
            return Ok(Ensured::Impossible(domain::Cause::PrincipalGone));
        }
        let name = PolicyName::new(id, window).as_str().to_owned();
        inner.policies.insert((user.to_string(), name), policy.fenced(window));
        Ok(Ensured::InPlace)
    }

    async fn ensure_gone(
        &self,
        id: &RequestId,
        grant: &Grant,
        window: Window,
    ) -> Result<(), Fault> {
        let mut inner = self.step()?;
        let Grant::InlinePolicy { user, .. } = grant;
        let name = PolicyName::new(id, window).as_str().to_owned();
        inner.policies.remove(&(user.to_string(), name));
        Ok(())
    }
}

impl Rulebook for World {
    async fn current(&self) -> Result<Arc<RuleSet>, Fault> {
        let inner = self.step()?;
        inner.rules.clone().ok_or_else(|| Fault::new("read the rules", "none are published"))
    }
}

impl Links for World {
    async fn record(&self, link: &Link) -> Result<(), Fault> {
        self.step()?.links.insert(link.digest, link.clone());
        Ok(())
    }

    async fn follow(&self, token: &LinkToken) -> Result<Option<(Link, Request)>, Fault> {
        let inner = self.step()?;
        let found = inner.links.get(&token.digest()).and_then(|link| {
            let (request, _) = inner.requests.get(token.request())?;
            Some((link.clone(), request.clone()))
        });
        Ok(found)
    }
}

impl Mailer for World {
    async fn send(&self, mail: &Mail) -> Result<(), Fault> {
        self.step()?.mails.push(mail.clone());
        Ok(())
    }
}

impl Ledger for World {
    async fn append(&self, entry: &Entry) -> Result<(), Fault> {
        let key = (entry.request.clone(), entry.seq);
        self.step()?.ledger.entry(key).or_insert_with(|| entry.clone());
        Ok(())
    }
}

impl Listeners for World {
    async fn announce(&self, entries: &[Entry]) -> Result<(), Fault> {
        let told = entries.iter().map(|entry| (entry.request.clone(), entry.seq));
        self.step()?.announced.extend(told);
        Ok(())
    }
}
