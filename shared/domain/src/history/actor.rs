//! The actor of an event: a person, a caller of AWS, or Portcullis itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::value::Person;

/// The actor of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person of the directory.
    Person(Person),
    /// A caller of AWS, by ARN: an administrator with credentials of their own.
    Caller(String),
    /// Portcullis itself, which acts on what is already recorded.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => fmt::Display::fmt(person, f),
            Self::Caller(arn) => f.write_str(arn),
            Self::System => f.write_str("portcullis"),
        }
    }
}
