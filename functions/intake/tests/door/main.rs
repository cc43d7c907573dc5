//! The entrance of the API: callers and bodies that are let in or refused, with events as API
//! Gateway sends them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod asking;
mod callers;
mod setup;
