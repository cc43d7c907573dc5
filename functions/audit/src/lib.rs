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

/// Puts entries on record, in their order, then tells of those that are. Delivered
/// twice, an entry is on record once and told twice: listeners must not mind.
///
/// A fault comes with the number of entries before it that are done.
pub async fn handle(
    ledger: &impl Ledger,
    listeners: &impl Listeners,
    lines: &[Line],
) -> Result<(), (usize, Fault)> {
    let mut failed = Ok(());
    let mut on_record = 0;
    for line in lines {
        if let Err(fault) = ledger.append(line).await {
            failed = Err((on_record, fault));
            break;
        }
        on_record += 1;
    }
    let told = lines.get(..on_record).unwrap_or_default();
    listeners.announce(told).await.map_err(|fault| (0, fault))?;
    failed
}
