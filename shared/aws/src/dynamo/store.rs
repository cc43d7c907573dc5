//! Requests and their histories, written together or not at all.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes},
};
use domain::{
    request::{Entry, Outstanding, Request},
    value::{Digest, Person, RequestId, canonical},
};
use jiff::Timestamp;
use service::{
    Fault,
    ports::{
        Committed, Created, Cursor, Due, DueAfter, DuePage, IdempotencyKey, KEY_LIFETIME, Loaded,
        Page, Part, Snapshot, Store,
    },
};

use super::{
    row::{
        Row, STATE, due_part, entry, event_row, in_force_key, key, number, parsed, request,
        request_id_in, request_key, row, snapshot, state_row, string, text, whole_number,
    },
    transaction::Transaction,
};

/// How many requests a page of a list has.
const PAGE: i32 = 25;

/// How many requests that are due are read at once. A row has about four kilobytes.
const DUE_PAGE: i32 = 100;

/// How many rows are read at once.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const BATCH: usize = 100;

/// How often a call is made again that met the same call on its way.
const CONFLICTS: usize = 4;

/// The table of requests.
#[derive(Debug, Clone)]
pub struct RequestsTable {
    pub(super) client: Client,
    pub(super) table: String,
}

impl RequestsTable {
    /// The table of this name.
    pub fn new(sdk: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(sdk), table }
    }

    pub(super) async fn get(&self, pk: String, sk: &str) -> Result<Option<Row>, Fault> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(pk, sk)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| Fault::new("read the requests table", error))?;
        Ok(answer.item)
    }

    /// Requests by the keys of their rows. One that cannot be read hides no other.
    async fn read_all(&self, keys: Vec<Row>, loaded: &mut Loaded) -> Result<(), Fault> {
        for row in self.read_rows(keys).await? {
            match request(&row) {
                Ok(request) => loaded.requests.push(request),
                Err(_) => _ = loaded.unread.insert(request_id_in(&row)?),
            }
        }
        Ok(())
    }

    /// Rows by their keys, in any order.
    async fn read_rows(&self, keys: Vec<Row>) -> Result<Vec<Row>, Fault> {
        let mut rows = Vec::new();
        let mut waiting = keys;
        while !waiting.is_empty() {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(waiting))
                .consistent_read(true)
                .build()
                .map_err(|error| Fault::new("build a call to DynamoDB", error))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, wanted)
                .send()
                .await
                .map_err(|error| Fault::new("read requests", error))?;
            rows.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let left = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
            waiting = left.map(|left| left.keys).unwrap_or_default();
        }
        Ok(rows)
    }
}

impl Store for RequestsTable {
    async fn create(
        &self,
        request: &Request,
        entries: &[Entry],
        key: Option<&IdempotencyKey>,
        outstanding: &Outstanding,
    ) -> Result<Created, Fault> {
        let now = request.asked_at();
        for _ in 0..CONFLICTS {
            let mut writes = Transaction::on(&self.table).put_new(state_row(request))?;
            for entry in entries {
                writes = writes.put_new(event_row(entry))?;
            }
            let counts = entries.len() + 1;
            let row = outstanding_row(outstanding);
            writes = match outstanding.version.checked_sub(1) {
                Some(0) | None => writes.put_new(row)?,
                Some(read) => writes.put_if_version(row, read)?,
            };
            if let Some(key) = key {
                writes = writes.put_unless_live(idempotency_row(key, request), now)?;
            }
            let refused = writes.send(&self.client).await?;
            if !refused.any() {
                return Ok(Created::New);
            }
            if refused.at(0) {
                return Err(Fault::new("record a request", "its id is taken"));
            }
            if let Some(key) = key
                && let Some(earlier) = self.earlier_use(key, now).await?
            {
                return Ok(earlier);
            }
            if refused.touched(counts) {
                return Ok(Created::Overtaken);
            }
            // The same call at the same moment, not yet on record: look again.
        }
        Err(Fault::new("record a request", "the same call is being made again and again"))
    }

    async fn outstanding(&self, person: &Person) -> Result<Outstanding, Fault> {
        let Some(row) = self.get(outstanding_pk(person), "-").await? else {
            return Ok(Outstanding::nothing(person.clone()));
        };
        let read = serde_json::from_str(string(&row, "body")?);
        read.map_err(|error| Fault::new("read what somebody has under way", error))
    }

    async fn earlier_use(
        &self,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Created>, Fault> {
        let Some(row) = self.get(idempotency_pk(key), "-").await? else { return Ok(None) };
        // DynamoDB forgets a row some time after it is over, not at once.
        if whole_number(&row, "expires_at")? < now.as_second() {
            return Ok(None);
        }
        let same = string(&row, "body")? == key.body.to_string();
        Ok(Some(if same { Created::Repeat(parsed(&row, "request")?) } else { Created::KeyReused }))
    }

    async fn load(&self, id: &RequestId) -> Result<Option<Request>, Fault> {
        let found = self.get(request_key(id), STATE).await?;
        found.map(|row| request(&row)).transpose()
    }

    async fn snapshot(&self, id: &RequestId) -> Result<Option<Snapshot>, Fault> {
        let keys = [key(request_key(id), STATE), in_force_key()];
        snapshot(self.read_rows(keys.into()).await?)
    }

    async fn load_all(&self, ids: &BTreeSet<RequestId>) -> Result<Loaded, Fault> {
        let keys: Vec<_> = ids.iter().map(|id| key(request_key(id), STATE)).collect();
        let mut loaded = Loaded::default();
        for some in keys.chunks(BATCH) {
            self.read_all(some.to_vec(), &mut loaded).await?;
        }
        Ok(loaded)
    }

    async fn history(&self, id: &RequestId) -> Result<Option<(Request, Vec<Entry>)>, Fault> {
        let mut rows = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(request_key(id)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let (mut state, mut entries) = (None, Vec::new());
        while let Some(item) = rows.next().await {
            let row = item.map_err(|error| Fault::new("read a history", error))?;
            if string(&row, "sk")? == STATE {
                state = Some(request(&row)?);
            } else {
                entries.push(entry(&row)?);
            }
        }
        Ok(state.map(|request| (request, entries)))
    }

    async fn commit(
        &self,
        read: u64,
        after: &Request,
        entries: &[Entry],
    ) -> Result<Committed, Fault> {
        let mut writes = Transaction::on(&self.table).put_if_version(state_row(after), read)?;
        for entry in entries {
            writes = writes.put_new(event_row(entry))?;
        }
        let refused = writes.send(&self.client).await?;
        Ok(if refused.any() { Committed::Lost } else { Committed::Done })
    }

    /// What cannot be read as a request is passed over by its key: the index takes any row
    /// that has its attributes.
    async fn due(
        &self,
        part: Part,
        after: Option<&DueAfter>,
        now: Timestamp,
    ) -> Result<DuePage, Fault> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due = :part AND due_at <= :now")
            .expression_attribute_values(":part", text(due_part(part)))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .set_exclusive_start_key(after.map(|after| due_key(part, after)))
            .limit(DUE_PAGE)
            .send()
            .await
            .map_err(|error| Fault::new("read what is due", error))?;
        let mut page = DuePage::default();
        for row in answer.items() {
            match due_in(row) {
                Ok(due) => page.due.push(due),
                Err(_) => page.unread.push(string(row, "pk").unwrap_or_default().to_owned()),
            }
        }
        page.next = answer.last_evaluated_key.as_ref().map(due_after).transpose()?;
        Ok(page)
    }

    /// A page is found in the index, which may lag a moment, and read from the
    /// table.
    async fn asked_by(&self, person: &Person, after: Option<&Cursor>) -> Result<Page, Fault> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("requester")
            .key_condition_expression("requester = :person")
            .expression_attribute_values(":person", text(person.as_str()))
            .set_exclusive_start_key(after.map(|cursor| page_key(person, cursor)))
            .scan_index_forward(false)
            .limit(PAGE)
            .send()
            .await
            .map_err(|error| Fault::new("list requests", error))?;
        let mut keys = Vec::new();
        for found in answer.items() {
            keys.push(key(string(found, "pk")?, STATE));
        }
        let mut loaded = Loaded::default();
        self.read_all(keys, &mut loaded).await?;
        let mut requests = loaded.requests;
        requests
            .sort_by_key(|request| (std::cmp::Reverse(request.asked_at()), request.id().clone()));
        let next = answer.last_evaluated_key.as_ref().map(cursor).transpose()?;
        Ok(Page { requests, next })
    }
}

/// A row of the index, if it is a request by its key.
fn due_in(row: &Row) -> Result<Due, Fault> {
    let at = Timestamp::from_millisecond(whole_number(row, "due_at")?)
        .map_err(|error| Fault::new("read what is due", error))?;
    Ok(Due { at, id: request_id_in(row)?, seen: request(row).ok() })
}

fn due_key(part: Part, after: &DueAfter) -> Row {
    let (pk, sk) = &after.key;
    let mut start = key(pk, sk);
    start.extend(row([
        ("due", text(due_part(part))),
        ("due_at", AttributeValue::N(after.at.clone())),
    ]));
    start
}

fn due_after(last: &Row) -> Result<DueAfter, Fault> {
    let key = (string(last, "pk")?.to_owned(), string(last, "sk")?.to_owned());
    let at = last.get("due_at").and_then(|at| at.as_n().ok()).cloned().unwrap_or_default();
    Ok(DueAfter { key, at })
}

fn page_key(person: &Person, after: &Cursor) -> Row {
    let mut start = key(request_key(&after.request), STATE);
    start.extend(row([
        ("requester", text(person.as_str())),
        ("asked_at", number(after.asked_at.as_millisecond())),
    ]));
    start
}

fn cursor(last: &Row) -> Result<Cursor, Fault> {
    let asked_at = Timestamp::from_millisecond(whole_number(last, "asked_at")?)
        .map_err(|error| Fault::new("read a row", error))?;
    Ok(Cursor { asked_at, request: request_id_in(last)? })
}

fn outstanding_pk(person: &Person) -> String {
    format!("ASKS#{person}")
}

fn outstanding_row(outstanding: &Outstanding) -> Row {
    row([
        ("pk", text(outstanding_pk(&outstanding.person))),
        ("sk", text("-")),
        ("version", number(outstanding.version)),
        ("body", text(String::from_utf8_lossy(&canonical(outstanding)))),
    ])
}

/// The caller goes in as a digest: whatever their name holds, it ends there.
fn idempotency_pk(key: &IdempotencyKey) -> String {
    let caller = Digest::of_bytes("portcullis/caller/v1", &[key.caller.to_string().as_bytes()]);
    format!("IDEM#{caller}#{}", key.key)
}

fn idempotency_row(key: &IdempotencyKey, request: &Request) -> Row {
    let forget_at = request.asked_at().checked_add(KEY_LIFETIME).unwrap_or(Timestamp::MAX);
    row([
        ("pk", text(idempotency_pk(key))),
        ("sk", text("-")),
        ("request", text(request.id().as_str())),
        ("body", text(key.body.to_string())),
        ("expires_at", number(forget_at.as_second())),
    ])
}
