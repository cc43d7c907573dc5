//! The ticket that a request belongs to, as the ticket system names it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::id::written_as_text;

/// The reason why a text is not a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a ticket is 1 to 64 visible ASCII characters, such as `INC-4711`")]
pub struct TicketError;

/// A reference into the ticket system, such as `INC-4711`: 1 to 64 visible ASCII characters. An
/// entitlement may require a narrower form.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ticket(String);

impl Ticket {
    /// The ticket as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Ticket {
    type Err = TicketError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(TicketError) }
    }
}

written_as_text!(Ticket: TicketError);
