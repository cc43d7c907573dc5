//! `audit`: copies every entry to the audit record, and tells whoever listens.
//!
//! Triggered by the requests table's stream, for event rows only. The entry was
//! written in its canonical form and hashed in the transaction that made it true;
//! this function copies its bytes, whatever version wrote them. Its role lets it
//! put rows and nothing else; that it puts only what is not there is a condition
//! of each put.

use domain::Line;
use service::{
    Fault,
    ports::{Ledger, Listeners},
};

/// Puts one entry on record, then tells of it. Delivered twice, it is on record
/// once and told twice: listeners must not mind.
pub async fn handle(
    ledger: &impl Ledger,
    listeners: &impl Listeners,
    line: Line,
) -> Result<(), Fault> {
    ledger.append(&line).await?;
    listeners.announce(&line).await
}
