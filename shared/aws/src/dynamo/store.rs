//! Requests and their histories, written together or not at all.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    request::{Entry, Outstanding, Request},
    value::{Digest, Person, RequestId, canonical_text},
};
use jiff::Timestamp;
use service::{
    Fault,
    ports::{
        Committed, Created, Cursor, Due, DueAfter, DuePage, EarlierUse, IdempotencyKey, Loaded,
        Part, Snapshot, Store, StoredPage,
    },
};

use super::{
    row::{
        Row, STATE, body, due_part, entry, event_row, in_force_key, key, name_of, number, parsed,
        request, request_id_in, request_key, row, snapshot, state_row, string, text, whole_number,
    },
    table::Table,
    transaction::Transaction,
};

/// Most requests on a page of a list.
const PAGE: i32 = 25;

/// Most due requests that are read at once. A row has about four kilobytes.
const DUE_PAGE: i32 = 100;

/// Most rows that are read at once.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const BATCH: usize = 100;

/// Attempts at a call that conflicts with the same call at the same moment.
const CONFLICTS: usize = 4;

/// The table of requests.
#[derive(Debug, Clone)]
pub struct RequestsTable(pub(super) Table);

impl RequestsTable {
    /// The table of this name.
    pub fn new(sdk: &SdkConfig, table: String) -> Self {
        Self(Table::new(sdk, table))
    }

    /// Reads requests by the keys of their rows. A request that cannot be read does not hide the
    /// others.
    async fn read_all(&self, keys: Vec<Row>, loaded: &mut Loaded) -> Result<(), Fault> {
        for row in self.0.read_all(keys).await? {
            match request(&row) {
                Ok(request) => loaded.requests.push(request),
                Err(_) => _ = loaded.unread.insert(request_id_in(&row)?),
            }
        }
        Ok(())
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
            let mut writes = Transaction::on(&self.0.name).put_new(state_row(request))?;
            for entry in entries {
                writes = writes.put_new(event_row(entry))?;
            }
            let counts = entries.len() + 1;
            writes = writes.put_version(outstanding_row(outstanding), outstanding.version)?;
            if let Some(key) = key {
                writes = writes.put_unless_live(idempotency_row(key, request), now)?;
            }
            let refused = writes.send(&self.0.client).await?;
            if !refused.any() {
                return Ok(Created::New);
            }
            if refused.failed_its_condition(0) {
                return Err(Fault::new("record request", "its id is taken").on(request.id()));
            }
            if let Some(key) = key
                && let Some(earlier) = self.earlier_use(key, now).await?
            {
                return Ok(Created::Earlier(earlier));
            }
            if refused.touched(counts) {
                return Ok(Created::Overtaken);
            }
            // The same call runs at the same moment and is not on record yet: try again.
        }
        Err(Fault::new("record request", "the same call is being made again and again")
            .on(request.id()))
    }

    async fn outstanding(&self, person: &Person) -> Result<Outstanding, Fault> {
        let Some(row) = self.0.get(&outstanding_pk(person), "-").await? else {
            return Ok(Outstanding::nothing(person.clone()));
        };
        body(&row, "read outstanding requests")
    }

    async fn earlier_use(
        &self,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<EarlierUse>, Fault> {
        let Some(row) = self.0.get(&idempotency_pk(key), "-").await? else { return Ok(None) };
        // DynamoDB removes an expired row some time later, not at once.
        let until = whole_number(&row, "expires_at")?;
        Ok(key.earlier_use(parsed(&row, "body")?, parsed(&row, "request")?, until, now))
    }

    async fn load(&self, id: &RequestId) -> Result<Option<Request>, Fault> {
        let found = self.0.get(&request_key(id), STATE).await?;
        found.map(|row| request(&row)).transpose()
    }

    async fn snapshot(&self, id: &RequestId) -> Result<Option<Snapshot>, Fault> {
        let keys = [key(request_key(id), STATE), in_force_key()];
        snapshot(self.0.read_all(keys.into()).await?)
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
        let (mut state, mut entries) = (None, Vec::new());
        for row in self.0.partition(&request_key(id)).all().await? {
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
        let mut writes = Transaction::on(&self.0.name).put_if_version(state_row(after), read)?;
        for entry in entries {
            writes = writes.put_new(event_row(entry))?;
        }
        writes.commit(&self.0.client).await
    }

    /// The index takes any row that has its attributes. A row that is no request by its key goes to
    /// `unread`.
    async fn due(
        &self,
        part: Part,
        after: Option<&DueAfter>,
        now: Timestamp,
    ) -> Result<DuePage, Fault> {
        let due = self.0.index("due", "due", &due_part(part));
        let due = due.until("due_at", number(now.as_millisecond()));
        let found = due.page(DUE_PAGE, after.map(|after| due_key(part, after))).await?;
        let mut page = DuePage::default();
        for row in &found.rows {
            match due_in(row) {
                Ok(due) => page.due.push(due),
                Err(_) => page.unread.push(string(row, "pk").unwrap_or_default().to_owned()),
            }
        }
        page.next = found.next.as_ref().map(due_after).transpose()?;
        Ok(page)
    }

    /// The index finds a page, and may lag a moment. The requests are read from the table.
    async fn requests_of(
        &self,
        person: &Person,
        after: Option<&Cursor>,
    ) -> Result<StoredPage, Fault> {
        let theirs = self.0.index("requester", "requester", person.as_str()).backwards();
        let found = theirs.page(PAGE, after.map(|cursor| page_key(person, cursor))).await?;
        let mut keys = Vec::new();
        for row in &found.rows {
            keys.push(key(string(row, "pk")?, STATE));
        }
        let mut loaded = Loaded::default();
        self.read_all(keys, &mut loaded).await?;
        let mut requests = loaded.requests;
        requests
            .sort_by_key(|request| (std::cmp::Reverse(request.asked_at()), request.id().clone()));
        let next = found.next.as_ref().map(cursor).transpose()?;
        Ok(StoredPage { requests, next })
    }
}

/// The due request of an index row. A row that is no request by its key is a fault.
fn due_in(row: &Row) -> Result<Due, Fault> {
    let at = Timestamp::from_millisecond(whole_number(row, "due_at")?)
        .map_err(|error| Fault::new("read row", error).on(name_of(row)))?;
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
        .map_err(|error| Fault::new("read row", error).on(name_of(last)))?;
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
        ("body", text(canonical_text(outstanding))),
    ])
}

/// The partition key of an idempotency key. The caller is in it as a digest, so that no character
/// of a caller's name can change the structure of the key.
fn idempotency_pk(key: &IdempotencyKey) -> String {
    let caller = Digest::of_bytes("portcullis/caller/v1", &[key.caller.to_string().as_bytes()]);
    format!("IDEM#{caller}#{}", key.key)
}

fn idempotency_row(key: &IdempotencyKey, request: &Request) -> Row {
    let until = IdempotencyKey::remembered_until(request.asked_at());
    row([
        ("pk", text(idempotency_pk(key))),
        ("sk", text("-")),
        ("request", text(request.id().as_str())),
        ("body", text(key.body.to_string())),
        ("expires_at", number(until)),
    ])
}
