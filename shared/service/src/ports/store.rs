//! Requests with their histories, links, and the audit record.

use std::{collections::BTreeSet, fmt, future::Future, str::FromStr};

use domain::{
    request::{Entry, Outstanding, Request, Status},
    value::{Digest, Person, RequestId},
};
use jiff::{SignedDuration, Timestamp};
use rules::directory::Caller;

use crate::{Fault, Link, LinkToken};

/// The store of requests, each with its history.
pub trait Store: Sync {
    /// Records a new request, its first entries and the outstanding requests of its requester, in
    /// one step. With a key, the same step records the use of the key.
    fn create(
        &self,
        request: &Request,
        entries: &[Entry],
        key: Option<&IdempotencyKey>,
        outstanding: &Outstanding,
    ) -> impl Future<Output = Result<Created, Fault>> + Send;

    /// The requests of a person that may not be over yet.
    fn outstanding(
        &self,
        person: &Person,
    ) -> impl Future<Output = Result<Outstanding, Fault>> + Send;

    /// The earlier use of a key, if it is still [remembered](IdempotencyKey::earlier_use). None if
    /// there was none.
    fn earlier_use(
        &self,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<EarlierUse>, Fault>> + Send;

    /// Reads a request as it stands, never from a stale copy.
    fn load(&self, id: &RequestId) -> impl Future<Output = Result<Option<Request>, Fault>> + Send;

    /// Reads a request like `load`, together with the rules in force, in one read.
    fn snapshot(
        &self,
        id: &RequestId,
    ) -> impl Future<Output = Result<Option<Snapshot>, Fault>> + Send;

    /// Reads those of these requests that exist, never from stale copies.
    fn load_all(
        &self,
        ids: &BTreeSet<RequestId>,
    ) -> impl Future<Output = Result<Loaded, Fault>> + Send;

    /// Reads a request with its history, oldest entry first.
    fn history(
        &self,
        id: &RequestId,
    ) -> impl Future<Output = Result<Option<(Request, Vec<Entry>)>, Fault>> + Send;

    /// Records a changed request and the entries of the change, in one step. Nothing is written
    /// if the stored version is not `read`.
    fn commit(
        &self,
        read: u64,
        after: &Request,
        entries: &[Entry],
    ) -> impl Future<Output = Result<Committed, Fault>> + Send;

    /// A page of the requests that are due, those longest overdue first. The answer is a hint: it
    /// may show a request as it stood a moment ago, although it is not due any more.
    fn due(
        &self,
        part: Part,
        after: Option<&DueAfter>,
        now: Timestamp,
    ) -> impl Future<Output = Result<DuePage, Fault>> + Send;

    /// A page of the requests of a person, newest first, beginning after an earlier page.
    fn requests_of(
        &self,
        person: &Person,
        after: Option<&Cursor>,
    ) -> impl Future<Output = Result<StoredPage, Fault>> + Send;
}

/// A request, and the rules that were in force when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The request.
    pub request: Request,
    /// The digest of the rules. None if none were published.
    pub rules: Option<Digest>,
}

/// Requests that were read together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The requests that were read.
    pub requests: Vec<Request>,
    /// The requests that exist and cannot be read. Nothing is known of them.
    pub unread: BTreeSet<RequestId>,
}

/// A part of the requests that are due. Each lane has partitions of its own, so that a flood of
/// openings does not keep anything from being closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The lane.
    pub lane: Lane,
    /// Its number, below [`PARTS`].
    pub shard: u8,
}

/// Number of parts over which each lane is spread.
pub const PARTS: u8 = 4;

/// The work to do on a request that is due, in the order of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The request is open or being revoked, and is to be closed.
    Closing,
    /// The request waits for people, or to be opened.
    Waiting,
    /// The request is revoked, and the bar on its sessions is kept up.
    Barred,
}

impl Lane {
    /// All lanes, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Closing, Self::Waiting, Self::Barred];

    /// The lane of a request as it stands.
    pub fn of(request: &Request) -> Self {
        match request.status() {
            Status::Active | Status::Revoking => Self::Closing,
            Status::Revoked => Self::Barred,
            Status::Pending
            | Status::Scheduled
            | Status::Activating
            | Status::Denied
            | Status::Cancelled
            | Status::Expired
            | Status::Ended
            | Status::Failed => Self::Waiting,
        }
    }
}

/// A page of the requests that are due in one part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DuePage {
    /// The requests.
    pub due: Vec<Due>,
    /// The keys of rows that are no requests.
    pub unread: Vec<String>,
    /// The row after which the next page begins. None at the end.
    pub next: Option<DueAfter>,
}

/// The last row of a page. Only the store interprets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueAfter {
    /// Its partition key and its sort key.
    pub key: (String, String),
    /// Its due time as it is stored. It was not checked to be a time.
    pub at: String,
}

/// A request that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The time at which it became due.
    pub at: Timestamp,
    /// Its id.
    pub id: RequestId,
    /// The request as it stood a moment ago. None if it cannot be read: such a request must not
    /// keep the others waiting.
    pub seen: Option<Request>,
}

/// Time for which a key is remembered.
const KEY_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A caller's name for an attempt, so that two attempts make one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The caller whose key it is. With another caller, an equal text is another key.
    pub caller: Caller,
    /// The text that the caller chose.
    pub key: String,
    /// The digest of the body that was sent with it.
    pub body: Digest,
}

impl IdempotencyKey {
    /// The last second in which a key is remembered that was used at this time.
    pub fn remembered_until(used_at: Timestamp) -> i64 {
        used_at.checked_add(KEY_LIFETIME).unwrap_or(Timestamp::MAX).as_second()
    }

    /// Judges the use of this key that is on record: its body, its request, and the last second in
    /// which it is remembered. `None` if it is forgotten `now`, whether or not its record still
    /// stands. Law 15.
    pub fn earlier_use(
        &self,
        body: Digest,
        request: RequestId,
        remembered_until: i64,
        now: Timestamp,
    ) -> Option<EarlierUse> {
        if remembered_until < now.as_second() {
            return None;
        }
        Some(if body == self.body { EarlierUse::Repeat(request) } else { EarlierUse::KeyReused })
    }
}

/// An earlier use of an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EarlierUse {
    /// A call with the same body has made this request.
    Repeat(RequestId),
    /// The key was used with another body.
    KeyReused,
}

/// The outcome of recording a new request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is on record.
    New,
    /// The key was used before. Nothing was written.
    Earlier(EarlierUse),
    /// The requester has submitted another request at the same moment. Nothing was written.
    Overtaken,
}

/// The outcome of recording a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is on record.
    Done,
    /// Another change came first. Nothing was written.
    Lost,
}

/// A page of a list, and the cursor of the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPage {
    /// The requests, newest first.
    pub requests: Vec<Request>,
    /// The cursor for the next page. None at the end.
    pub next: Option<Cursor>,
}

/// The end of a page: its last request, and the time at which that was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The time at which the request was submitted.
    pub asked_at: Timestamp,
    /// The request.
    pub request: RequestId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.asked_at.as_millisecond(), self.request)
    }
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (asked_at, request) = text.split_once('.')?;
            let asked_at = Timestamp::from_millisecond(asked_at.parse().ok()?).ok()?;
            Some(Self { asked_at, request: request.parse().ok()? })
        };
        read().ok_or("this is not the cursor of a page")
    }
}

/// The store of links.
pub trait Links: Sync {
    /// Records a link.
    fn record(&self, link: &Link) -> impl Future<Output = Result<(), Fault>> + Send;

    /// The link of a token, the request it is about, and the rules in force, in one read. None
    /// for a token that was never given out or is forgotten.
    fn follow(
        &self,
        token: &LinkToken,
    ) -> impl Future<Output = Result<Option<(Link, Snapshot)>, Fault>> + Send;
}
