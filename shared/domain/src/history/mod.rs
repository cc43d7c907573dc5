//! Histories: entries in a chain of hashes, checked anywhere, offline.
//!
//! Each request has a history, and so have the rules, and each check of IAM that finds drift.

mod actor;
mod chain;
mod drift;
mod flaw;
mod history_id;
mod publication;
mod raw_entry;

pub use actor::Actor;
pub use chain::Chain;
pub use drift::{Drift, DriftEntry, DriftEvent};
pub use flaw::Flaw;
pub use history_id::HistoryId;
pub use publication::{Publication, Published};
pub use raw_entry::RawEntry;
