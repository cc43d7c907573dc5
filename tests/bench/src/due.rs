//! Very many requests are due at once: the memory that a sweep takes, and the time of its work
//! without the time of AWS.

use std::{
    collections::BTreeSet,
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use anyhow::{Context, Result};
use domain::{
    grant::{Attachment, AttachmentKey, Bars, Grant, PolicyDocument, Principal},
    request::{Approval, Command, Entry, Outstanding, Request, Terms},
    value::{Basis, CallContext, Digest, Person, RequestId},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use service::{
    Fault, Worker,
    ports::{
        Attachments, BarsLog, Committed, Created, Cursor, Due, DueAfter, DuePage, EarlierUse,
        IdempotencyKey, Lane, Loaded, PARTS, Part, Snapshot, Store, StoredPage,
    },
};
use testing::World;

const DUE: usize = 200_000;

/// Requests of this size in one page of DynamoDB, which is a megabyte.
const PAGE: usize = 400;

/// Measures one sweep, and describes the result.
pub(crate) async fn measure() -> Result<String> {
    let now: Timestamp = "2026-05-04T12:00:00Z".parse()?;
    let flood = Flood { template: template()?, ended: AtomicUsize::new(0) };
    let (world, before, begun) = (World::default(), peak()?, Instant::now());
    let swept = Worker { store: &flood, iam: &world, rules: &world }.sweep(now, || false).await;
    let (took, after) = (begun.elapsed(), peak()?);
    let ended = flood.ended.load(Ordering::Relaxed);
    Ok(format!(
        "{DUE} due at once: {ended} ended, {} failed, in {:.1} s besides what AWS takes\n\
         peak memory: {after} MB, of which the sweep {} MB",
        swept.not_settled,
        took.as_secs_f64(),
        after.saturating_sub(before),
    ))
}

/// The largest memory of this process so far, in mebibytes.
fn peak() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("this takes Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("there is no VmHWM")?.parse::<u64>()? / 1_024)
}

/// A stored request whose window is over.
fn template() -> Result<Value> {
    let start: Timestamp = "2026-05-04T10:00:00Z".parse()?;
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let terms = Terms {
        entitlement: "orders-read".parse()?,
        title: "Read the orders".to_owned(),
        tags: BTreeSet::new(),
        requester: "ann@example.com".parse()?,
        reason: "incident 4711".parse()?,
        ticket: None,
        duration: "1h".parse().map_err(|error| anyhow::anyhow!("{error}"))?,
        starts_at: None,
        extends: None,
        approval: Approval::Rule,
        sign_in: false,
        lasting: None,
        grant: Grant::InlinePolicy {
            on: Principal::User("ann".parse()?),
            policy: PolicyDocument::from_json(policy)?,
        },
        unique_id: None,
        call: CallContext { at: start, source_ip: None, mfa: false },
        basis: Basis { rule_set: Digest::ZERO, rule_ids: BTreeSet::new() },
    };
    let (request, _) = Request::open(&RequestId::from_random([0; 10]), terms, start)?;
    let (request, _) = request.after(Command::Opened, start + SignedDuration::from_secs(1))?;
    Ok(serde_json::to_value(request)?)
}

/// A store in which very many requests are over. Each is made when it is read, as from a table.
struct Flood {
    template: Value,
    ended: AtomicUsize,
}

impl Flood {
    fn request(&self, number: usize) -> Result<Due, Fault> {
        let what = "make a request";
        let mut bytes = [0; 10];
        bytes
            .iter_mut()
            .zip(number.to_be_bytes().into_iter().skip(4))
            .for_each(|(to, from)| *to = from);
        let id = RequestId::from_random(bytes);
        let mut stored = self.template.clone();
        if let Some(place) = stored.get_mut("id") {
            *place = Value::String(id.to_string());
        }
        let seen = serde_json::from_value(stored).map_err(|error| Fault::new(what, error))?;
        let at = "2026-05-04T11:00:00Z".parse().map_err(|error| Fault::new(what, error))?;
        Ok(Due { at, id, seen: Some(seen) })
    }
}

fn not_here<T>() -> Result<T, Fault> {
    Err(Fault::new("ask the flood", "a sweep of what is over asks for nothing else"))
}

impl Store for Flood {
    async fn due(
        &self,
        part: Part,
        after: Option<&DueAfter>,
        _now: Timestamp,
    ) -> Result<DuePage, Fault> {
        if part.lane != Lane::Closing {
            return Ok(DuePage::default());
        }
        let first = after.and_then(|after| after.at.parse::<usize>().ok()).unwrap_or_default();
        let most = DUE / usize::from(PARTS);
        let numbers = first..most.min(first + PAGE);
        let next = (numbers.end < most)
            .then(|| DueAfter { key: (String::new(), String::new()), at: numbers.end.to_string() });
        let shard = usize::from(part.shard);
        let due = numbers.map(|number| self.request(number * usize::from(PARTS) + shard));
        Ok(DuePage { due: due.collect::<Result<_, _>>()?, unread: Vec::new(), next })
    }

    async fn commit(&self, _: u64, after: &Request, _: &[Entry]) -> Result<Committed, Fault> {
        self.ended.fetch_add(usize::from(after.status().is_terminal()), Ordering::Relaxed);
        Ok(Committed::Done)
    }

    async fn create(
        &self,
        _: &Request,
        _: &[Entry],
        _: Option<&IdempotencyKey>,
        _: &Outstanding,
    ) -> Result<Created, Fault> {
        not_here()
    }

    async fn outstanding(&self, _: &Person) -> Result<Outstanding, Fault> {
        not_here()
    }

    async fn earlier_use(
        &self,
        _: &IdempotencyKey,
        _: Timestamp,
    ) -> Result<Option<EarlierUse>, Fault> {
        not_here()
    }

    async fn load(&self, _: &RequestId) -> Result<Option<Request>, Fault> {
        not_here()
    }

    async fn snapshot(&self, _: &RequestId) -> Result<Option<Snapshot>, Fault> {
        not_here()
    }

    async fn load_all(&self, _: &BTreeSet<RequestId>) -> Result<Loaded, Fault> {
        not_here()
    }

    async fn history(&self, _: &RequestId) -> Result<Option<(Request, Vec<Entry>)>, Fault> {
        not_here()
    }

    async fn requests_of(&self, _: &Person, _: Option<&Cursor>) -> Result<StoredPage, Fault> {
        not_here()
    }
}

impl Attachments for Flood {
    async fn attachment(&self, _: AttachmentKey<'_>) -> Result<Option<Attachment>, Fault> {
        not_here()
    }

    async fn record_attachment(&self, _: &Attachment) -> Result<Committed, Fault> {
        not_here()
    }

    async fn due_for_check(&self, _: Timestamp) -> Result<Vec<Attachment>, Fault> {
        not_here()
    }

    async fn attachments(&self) -> Result<Vec<Attachment>, Fault> {
        not_here()
    }
}

impl BarsLog for Flood {
    async fn bars(&self, _: &Principal) -> Result<Option<Bars>, Fault> {
        not_here()
    }

    async fn record_bars(&self, _: &Bars) -> Result<Committed, Fault> {
        not_here()
    }
}
