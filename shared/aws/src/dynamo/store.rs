//! Requests and their histories, written together or not at all.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    error::BuildError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, KeysAndAttributes, Put, TransactWriteItem},
};
use domain::{Entry, Person, Request, RequestId};
use jiff::{SignedDuration, Timestamp};
use service::{
    Fault,
    ports::{Committed, Created, IdempotencyKey, Page, Store},
};

use super::row::{
    Row, SHARDS, STATE, due_shard, entry, event_row, key, number, request, request_id_in,
    request_key, row, state_row, string, text, whole_number,
};

/// How many requests a page of a list has.
const PAGE: i32 = 25;

/// How long an idempotency key is remembered.
const KEY_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The table of requests.
#[derive(Debug, Clone)]
pub struct RequestsTable {
    client: Client,
    table: String,
}

impl RequestsTable {
    /// The table of this name.
    pub fn new(sdk: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(sdk), table }
    }

    /// A put that happens only if the row is not there yet.
    fn put_new(&self, row: Row) -> Result<TransactWriteItem, Fault> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)")
            .build();
        write(put)
    }

    fn put_if_version(&self, row: Row, read: u64) -> Result<TransactWriteItem, Fault> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row))
            .condition_expression("version = :read")
            .expression_attribute_values(":read", number(read))
            .build();
        write(put)
    }

    /// Writes all of it or nothing. The answer says which writes were refused by
    /// their conditions, in the order of the writes.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Refused, Fault> {
        let sent = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        let Err(error) = sent else { return Ok(Refused::default()) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        {
            let refused = Refused::by(cancelled.cancellation_reasons());
            if refused.is_all_there_is_to_it() {
                return Ok(refused);
            }
        }
        Err(Fault::new("write a request", error))
    }

    async fn earlier_use(&self, key: &IdempotencyKey) -> Result<Created, Fault> {
        let read = self.get(idempotency_pk(key), "-").await?;
        let Some(row) = read else { return Ok(Created::KeyReused) };
        if string(&row, "body")? == key.body.to_string() {
            Ok(Created::Repeat(super::row::parsed(&row, "request")?))
        } else {
            Ok(Created::KeyReused)
        }
    }

    async fn get(&self, pk: String, sk: &str) -> Result<Option<Row>, Fault> {
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

    async fn due_in(&self, shard: u8, now: Timestamp) -> Result<Vec<(i64, RequestId)>, Fault> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", text(due_shard(shard)))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .into_paginator()
            .items()
            .send();
        let mut due = Vec::new();
        while let Some(item) = pages.next().await {
            let row = item.map_err(|error| Fault::new("read what is due", error))?;
            due.push((whole_number(&row, "due_at")?, request_id_in(&row)?));
        }
        Ok(due)
    }

    async fn load_all(&self, keys: Vec<Row>) -> Result<Vec<Request>, Fault> {
        let mut requests = Vec::new();
        let mut waiting = keys;
        while !waiting.is_empty() {
            let wanted = KeysAndAttributes::builder().set_keys(Some(waiting)).build();
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, wanted.map_err(build)?)
                .send()
                .await
                .map_err(|error| Fault::new("read requests", error))?;
            for row in answer.responses.unwrap_or_default().into_values().flatten() {
                requests.push(request(&row)?);
            }
            let left = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
            waiting = left.map(|left| left.keys).unwrap_or_default();
        }
        Ok(requests)
    }
}

impl Store for RequestsTable {
    async fn create(
        &self,
        request: &Request,
        entry: &Entry,
        key: Option<&IdempotencyKey>,
    ) -> Result<Created, Fault> {
        let mut writes = vec![self.put_new(state_row(request))?, self.put_new(event_row(entry))?];
        if let Some(key) = key {
            writes.push(self.put_new(idempotency_row(key, request))?);
        }
        let refused = self.transact(writes).await?;
        match key {
            Some(key) if refused.at(2) => self.earlier_use(key).await,
            _ if refused.any() => Err(Fault::new("record a request", "its id is taken")),
            _ => Ok(Created::New),
        }
    }

    async fn load(&self, id: &RequestId) -> Result<Option<Request>, Fault> {
        let found = self.get(request_key(id), STATE).await?;
        found.map(|row| request(&row)).transpose()
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
        let mut writes = vec![self.put_if_version(state_row(after), read)?];
        for entry in entries {
            writes.push(self.put_new(event_row(entry))?);
        }
        let refused = self.transact(writes).await?;
        Ok(if refused.any() { Committed::Lost } else { Committed::Done })
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<RequestId>, Fault> {
        let mut due = Vec::new();
        for shard in 0..SHARDS {
            due.extend(self.due_in(shard, now).await?);
        }
        due.sort_unstable();
        Ok(due.into_iter().map(|(_, id)| id).collect())
    }

    /// A page is found in the index, which may lag a moment, and read from the
    /// table. `from` is the instant in milliseconds and the id it goes on after.
    async fn asked_by(&self, person: &Person, from: Option<&str>) -> Result<Page, Fault> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("requester")
            .key_condition_expression("requester = :person")
            .expression_attribute_values(":person", text(person.as_str()))
            .set_exclusive_start_key(from.and_then(|from| page_key(person, from)))
            .scan_index_forward(false)
            .limit(PAGE)
            .send()
            .await
            .map_err(|error| Fault::new("list requests", error))?;
        let mut keys = Vec::new();
        for found in answer.items() {
            keys.push(key(string(found, "pk")?, STATE));
        }
        let mut requests = self.load_all(keys).await?;
        requests
            .sort_by_key(|request| (std::cmp::Reverse(request.asked_at()), request.id().clone()));
        let next = answer.last_evaluated_key.map(|last| {
            Ok::<_, Fault>(format!(
                "{}.{}",
                whole_number(&last, "asked_at")?,
                request_id_in(&last)?
            ))
        });
        Ok(Page { requests, next: next.transpose()? })
    }
}

fn page_key(person: &Person, from: &str) -> Option<Row> {
    let (asked_at, id) = from.split_once('.')?;
    let (asked_at, id) = (asked_at.parse::<i64>().ok()?, id.parse::<RequestId>().ok()?);
    let mut start = key(request_key(&id), STATE);
    start.extend(row([("requester", text(person.as_str())), ("asked_at", number(asked_at))]));
    Some(start)
}

fn idempotency_pk(key: &IdempotencyKey) -> String {
    format!("IDEM#{}#{}", key.caller, key.key)
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

fn write(put: Result<Put, BuildError>) -> Result<TransactWriteItem, Fault> {
    Ok(TransactWriteItem::builder().put(put.map_err(build)?).build())
}

fn build(error: BuildError) -> Fault {
    Fault::new("build a call to DynamoDB", error)
}

/// Which writes of a transaction were refused by their conditions.
#[derive(Default)]
struct Refused {
    codes: Vec<String>,
}

impl Refused {
    fn by(reasons: &[CancellationReason]) -> Self {
        let codes = reasons.iter().map(|reason| reason.code().unwrap_or("None").to_owned());
        Self { codes: codes.collect() }
    }

    /// A transaction is also cancelled by throttling and by one that runs at the
    /// same time; losing to that one is losing a race as well.
    fn is_all_there_is_to_it(&self) -> bool {
        let known = |code: &String| {
            matches!(code.as_str(), "None" | "ConditionalCheckFailed" | "TransactionConflict")
        };
        self.any() && self.codes.iter().all(known)
    }

    fn any(&self) -> bool {
        self.codes.iter().any(|code| code != "None")
    }

    fn at(&self, index: usize) -> bool {
        self.codes.get(index).is_some_and(|code| code == "ConditionalCheckFailed")
    }
}
