//! `audit`: copies every entry to the audit record, and tells whoever listens.
//!
//! Triggered by the requests table's stream, for event rows only. The entry was
//! hashed when it was written; this function copies it and computes nothing, and
//! its role lets it add rows and do nothing else with them.

use domain::Entry;
use service::{
    Fault,
    ports::{Ledger, Listeners},
};

/// Puts one entry on record, then tells of it. Delivered twice, it is on record
/// once and told twice: listeners must not mind.
pub async fn handle(
    ledger: &impl Ledger,
    listeners: &impl Listeners,
    entry: Entry,
) -> Result<(), Fault> {
    ledger.append(&entry).await?;
    listeners.announce(&[entry]).await
}
