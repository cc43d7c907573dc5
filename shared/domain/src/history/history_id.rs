//! The history that an entry belongs to.

use std::fmt;

use jiff::Timestamp;

use crate::value::RequestId;

/// A thing that has a history of its own: one chain of entries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryId {
    /// One request.
    Request(RequestId),
    /// The rules, publication by publication.
    Rules,
    /// One look at IAM that has found something, by when it began.
    Drift(Timestamp),
}

impl fmt::Display for HistoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(f, "request {id}"),
            Self::Rules => f.write_str("the rules"),
            Self::Drift(at) => write!(f, "the look at IAM of {at}"),
        }
    }
}
