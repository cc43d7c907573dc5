//! The audit record: the table, and its checkpoints in the bucket.

use std::future::Future;

use domain::history::RawEntry;
use jiff::Timestamp;

use super::Committed;
use crate::Fault;

/// The audit record, to which entries are only added.
pub trait Ledger: Sync {
    /// Adds a raw entry, unless it is there already. If another one is in its place, both are
    /// kept: this one beside it. `now` is the time of its arrival, by which a checkpoint finds it.
    fn append(
        &self,
        line: &RawEntry,
        now: Timestamp,
    ) -> impl Future<Output = Result<Appended, Fault>> + Send;

    /// Adds raw entries together, if each of them is new. Otherwise adds none, and is
    /// [`Committed::Lost`].
    fn append_together(
        &self,
        lines: &[RawEntry],
        now: Timestamp,
    ) -> impl Future<Output = Result<Committed, Fault>> + Send;

    /// Notes a row that cannot be put on record, so that it is found and put there later. Noting it
    /// twice notes it once.
    fn set_aside(
        &self,
        aside: &Aside,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// The entries of all histories, where they were written: the truth that the record is a copy of.
pub trait Histories: Sync {
    /// A page of entries, in no order. It begins where the page ended whose `next` this is.
    fn page(
        &self,
        after: Option<String>,
    ) -> impl Future<Output = Result<HistoryPage, Fault>> + Send;
}

/// A page of entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryPage {
    /// The entries.
    pub lines: Vec<RawEntry>,
    /// Rows in the places of entries that are none.
    pub unread: Vec<Aside>,
    /// The place after which the next page begins. `None` on the last page.
    pub next: Option<String>,
}

/// Read access to the audit record by entry.
pub trait Copies: Sync {
    /// The copies of these entries, in their order.
    fn copies(&self, lines: &[RawEntry])
    -> impl Future<Output = Result<Vec<Copied>, Fault>> + Send;
}

/// The copy of an entry in the audit record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// It is on record, byte for byte.
    Same,
    /// No entry is on record in its place.
    Missing,
    /// Another entry is on record in its place.
    Different,
}

/// A row of the requests table that cannot be put on record as an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// The key of the row.
    pub row: String,
    /// The cause.
    pub cause: String,
}

/// The outcome of adding a raw entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is on record.
    New,
    /// It was on record already, byte for byte.
    There,
    /// Another one is in its place. One of the two was not written by us.
    Beside,
}

/// Read access to the audit record by the time at which entries arrived in it.
pub trait Arrivals: Sync {
    /// The entries that arrived after `after`, exclusive, and up to `through`, inclusive, in order of
    /// arrival. All up to `through` if `after` is `None`. Entries that arrived within the last moment
    /// may be missing, and are there later.
    fn arrived(
        &self,
        after: Option<Timestamp>,
        through: Timestamp,
    ) -> impl Future<Output = Result<Vec<Arrived>, Fault>> + Send;
}

/// An entry of the audit record, with the time at which it arrived there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The time of arrival.
    pub at: Timestamp,
    /// The entry.
    pub line: RawEntry,
}

/// The bucket with the checkpoints: see [`domain::checkpoint`]. Nothing in it is ever replaced.
pub trait Checkpoints: Sync {
    /// The number of the newest statement. `None` if there is none.
    fn newest(&self) -> impl Future<Output = Result<Option<u64>, Fault>> + Send;

    /// A file, by its name. `None` if there is none.
    fn file(&self, name: &str) -> impl Future<Output = Result<Option<Vec<u8>>, Fault>> + Send;

    /// Puts a file, unless there is one of that name.
    fn put(
        &self,
        name: &str,
        file: Vec<u8>,
    ) -> impl Future<Output = Result<Committed, Fault>> + Send;
}

/// The key that signs statements.
pub trait Signer: Sync {
    /// The name of the key.
    fn key(&self) -> &str;

    /// Signs a text with RSASSA-PKCS1-v1_5 and SHA-256.
    fn sign(&self, text: &str) -> impl Future<Output = Result<Vec<u8>, Fault>> + Send;
}
