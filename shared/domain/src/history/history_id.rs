//! The history that an entry belongs to.

use std::fmt;

use jiff::Timestamp;

use crate::value::RequestId;

/// The name of a history, which is one chain of entries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryId {
    /// One request.
    Request(RequestId),
    /// The rules, with one entry for each publication.
    Rules,
    /// One check of IAM that found drift, named by its time.
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
