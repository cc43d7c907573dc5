//! Requests with their histories.

use std::collections::BTreeSet;

use domain::{
    request::{Entry, Outstanding, Request},
    value::{Person, RequestId},
};
use jiff::Timestamp;
use service::{
    Fault,
    ports::{
        Committed, Created, Cursor, Due, DueAfter, DuePage, EarlierUse, IdempotencyKey, Lane,
        Loaded, Part, Snapshot, Store, StoredPage,
    },
};

use crate::{Inner, World};

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
                return Some(Created::Earlier(earlier));
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
    ) -> Result<Option<EarlierUse>, Fault> {
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

    /// Reads short pages, so that a story with a few requests needs several.
    async fn due(
        &self,
        part: Part,
        after: Option<&DueAfter>,
        now: Timestamp,
    ) -> Result<DuePage, Fault> {
        const PAGE: usize = 3;
        // All requests are in the first part; the others are empty.
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

    async fn requests_of(
        &self,
        person: &Person,
        _after: Option<&Cursor>,
    ) -> Result<StoredPage, Fault> {
        self.step(|inner| {
            let requests = inner.requests.values().map(|(request, _)| request);
            let mut theirs: Vec<_> =
                requests.filter(|request| request.terms().requester == *person).cloned().collect();
            theirs.sort_by_key(|request| std::cmp::Reverse(request.asked_at()));
            StoredPage { requests: theirs, next: None }
        })
    }
}

impl Inner {
    pub(super) fn snapshot(&self, id: &RequestId) -> Option<Snapshot> {
        let (request, _) = self.requests.get(id)?;
        Some(Snapshot { request: request.clone(), rules: self.in_force })
    }

    fn earlier_use(&self, key: &IdempotencyKey, now: Timestamp) -> Option<EarlierUse> {
        let (body, request, used_at) = self.keys.get(&name_of(key))?;
        key.earlier_use(*body, request.clone(), IdempotencyKey::remembered_until(*used_at), now)
    }
}

fn name_of(key: &IdempotencyKey) -> String {
    format!("{}#{}", key.caller, key.key)
}
