//! `audit`: copies every entry to the audit record, and tells whoever listens.
//!
//! Triggered by the requests table's stream, for event rows only. The entry was
//! written in its canonical form and hashed in the transaction that made it true;
//! this function copies its bytes, whatever version wrote them. Its role lets it
//! put rows and nothing else; that it puts only what is not there is a condition
//! of each put. What is there is compared, so that an entry that somebody has changed in
//! the requests table is noticed when it is changed.

use domain::history::RawEntry;
use service::{
    Fault,
    ports::{Appended, Ledger, Listeners},
};

/// Puts entries on record, in their order, then tells of those that are. Delivered
/// twice, an entry is on record once and told twice: listeners must not mind.
///
/// An entry whose place is taken by another one is put beside it and counted: one of the two
/// was written by somebody else. It is told like the others, because what is told is no more
/// than where to look.
///
/// A fault comes with the number of entries before it that are done.
pub async fn handle(
    ledger: &impl Ledger,
    listeners: &impl Listeners,
    lines: &[RawEntry],
) -> Result<usize, (usize, Fault)> {
    let (mut failed, mut done, mut conflicts) = (None, 0, 0);
    let mut told = Vec::new();
    for line in lines {
        match ledger.append(line).await {
            Ok(Appended::New | Appended::There) => {}
            Ok(Appended::Beside) => {
                let (history, seq) = (line.history.to_string(), line.seq);
                tracing::error!(
                    history,
                    seq,
                    "another entry is on record in the place of this one"
                );
                conflicts += 1;
            }
            Err(fault) => {
                failed = Some((done, fault));
                break;
            }
        }
        told.push(line.clone());
        done += 1;
    }
    listeners.announce(&told).await.map_err(|fault| (0, fault))?;
    failed.map_or(Ok(conflicts), Err)
}
