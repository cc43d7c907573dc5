//! Requests with their histories, links, and the audit record.

use std::{collections::BTreeSet, fmt, future::Future, str::FromStr};

use domain::{
    history::RawEntry,
    request::{Entry, Outstanding, Request, Status},
    value::{Digest, Person, RequestId},
};
use jiff::{SignedDuration, Timestamp};
use rules::directory::Caller;

use crate::{Fault, Link, LinkToken};

/// Where requests live, each together with its history.
pub trait Store: Sync {
    /// Records a new request and its first entries, in one step, and that its requester has
    /// so much under way. With a key, the same step remembers what the key was used for.
    fn create(
        &self,
        request: &Request,
        entries: &[Entry],
        key: Option<&IdempotencyKey>,
        outstanding: &Outstanding,
    ) -> impl Future<Output = Result<Created, Fault>> + Send;

    /// What a person has asked for and what may not be over yet.
    fn outstanding(
        &self,
        person: &Person,
    ) -> impl Future<Output = Result<Outstanding, Fault>> + Send;

    /// What a key was used for within its [lifetime](KEY_LIFETIME): a repeat, or
    /// something else.
    fn earlier_use(
        &self,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Created>, Fault>> + Send;

    /// Reads a request as it stands, never from a stale copy.
    fn load(&self, id: &RequestId) -> impl Future<Output = Result<Option<Request>, Fault>> + Send;

    /// The same, with the rules in force, in one read.
    fn snapshot(
        &self,
        id: &RequestId,
    ) -> impl Future<Output = Result<Option<Snapshot>, Fault>> + Send;

    /// Reads those of these requests that there are, never from stale copies.
    fn load_all(
        &self,
        ids: &BTreeSet<RequestId>,
    ) -> impl Future<Output = Result<Loaded, Fault>> + Send;

    /// Reads a request with its history, oldest entry first.
    fn history(
        &self,
        id: &RequestId,
    ) -> impl Future<Output = Result<Option<(Request, Vec<Entry>)>, Fault>> + Send;

    /// Records what became of a request, in one step: the request, and the
    /// entries that made it so. Nothing is written if its version is not `read`.
    fn commit(
        &self,
        read: u64,
        after: &Request,
        entries: &[Entry],
    ) -> impl Future<Output = Result<Committed, Fault>> + Send;

    /// A page of the requests that somebody must look at, those overdue longest first. The
    /// answer is a hint: it may show one as it stood a moment ago, and is not due any more.
    fn due(
        &self,
        part: Part,
        after: Option<&DueAfter>,
        now: Timestamp,
    ) -> impl Future<Output = Result<DuePage, Fault>> + Send;

    /// What a person asked for, newest first, from after an earlier page.
    fn asked_by(
        &self,
        person: &Person,
        after: Option<&Cursor>,
    ) -> impl Future<Output = Result<Page, Fault>> + Send;
}

/// A request, and which rules were in force when it was read, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The request.
    pub request: Request,
    /// The rules.
    pub rules: Option<Digest>,
}

/// Requests that were read together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Those that there are.
    pub requests: Vec<Request>,
    /// Those that there are and that nobody can read. Nothing is known of them.
    pub unread: BTreeSet<RequestId>,
}

/// Which part of what is due: each lane is in partitions of its own, so that a flood of
/// openings keeps nothing from being closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The lane.
    pub lane: Lane,
    /// Which of its [`PARTS`].
    pub shard: u8,
}

/// Over so many parts each lane is spread.
pub const PARTS: u8 = 4;

/// What is to be done about what is due, in the order in which it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// It is open, and is closed when its time has come.
    Closing,
    /// It waits for people, or to be opened.
    Waiting,
    /// It is closed, and a bar on its sessions is looked after.
    Barred,
}

impl Lane {
    /// All of them, those that cannot wait first.
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

/// Some of what is due in one part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DuePage {
    /// The requests.
    pub due: Vec<Due>,
    /// The keys of rows that are none.
    pub unread: Vec<String>,
    /// Where the next page begins; none at the end.
    pub next: Option<DueAfter>,
}

/// The last row of a page, as only the store reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueAfter {
    /// Its keys.
    pub key: (String, String),
    /// Since when it is due, as it is stored: nobody has checked that it is a time.
    pub at: String,
}

/// A request that somebody must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Since when.
    pub at: Timestamp,
    /// Which.
    pub id: RequestId,
    /// The request, as it stood a moment ago; none if what is there cannot be read. One
    /// that cannot must not keep the others waiting.
    pub seen: Option<Request>,
}

/// How long a key is remembered.
pub const KEY_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A caller's name for an attempt, so that trying twice asks once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Whose key it is; the same text from somebody else is another key.
    pub caller: Caller,
    /// The text they chose.
    pub key: String,
    /// The digest of what they sent with it.
    pub body: Digest,
}

/// What came of recording a new request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is on record.
    New,
    /// The same call was made before, and made this request.
    Repeat(RequestId),
    /// The key was used for something else.
    KeyReused,
    /// The requester has asked for something else at the same moment: nothing is on record.
    Overtaken,
}

/// What came of recording a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is on record.
    Done,
    /// Somebody else was faster; nothing was written.
    Lost,
}

/// A part of a list, and where the next part starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The requests, newest first.
    pub requests: Vec<Request>,
    /// To be given back for the next part; none at the end.
    pub next: Option<Cursor>,
}

/// The end of a page: the last request on it, and when it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// When the request was asked.
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

/// Where links live.
pub trait Links: Sync {
    /// Remembers a link.
    fn record(&self, link: &Link) -> impl Future<Output = Result<(), Fault>> + Send;

    /// What a token leads to, in one read: the link, the request it is about, and the
    /// rules in force. None for a token that was never given out or is forgotten.
    fn follow(
        &self,
        token: &LinkToken,
    ) -> impl Future<Output = Result<Option<(Link, Snapshot)>, Fault>> + Send;
}

/// The record that is only ever added to.
pub trait Ledger: Sync {
    /// Adds a line, unless it is there already. Where another one is in its place, both are
    /// kept: this one beside it.
    fn append(&self, line: &RawEntry) -> impl Future<Output = Result<Appended, Fault>> + Send;
}

/// What came of adding a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is on record.
    New,
    /// It was on record already, byte for byte.
    There,
    /// Something else is in its place. One of the two was not written by us.
    Beside,
}
