//! `audit`: copies each entry to the audit record, and announces it to the listeners.
//!
//! The stream of the requests table triggers it, for event rows only. The entry was written in its
//! canonical form and hashed in the transaction that made it true. This function copies its bytes,
//! whatever version wrote them. Its role permits puts and nothing else, and each put has the
//! condition that the row does not exist yet. An existing row is compared, so that a change of an
//! entry in the requests table is noticed when it is made.

use domain::history::RawEntry;
use jiff::Timestamp;
use service::{
    Fault,
    ports::{Appended, Ledger, Listeners},
};

/// Puts entries on record, in their order, and then announces those that are on record. An entry
/// that is delivered twice is on record once and announced twice: listeners must accept that.
///
/// If another entry is on record in the same place, the new one is put beside it and counted: one
/// of the two was written by somebody else. It is announced like the others, because an
/// announcement only says where to look.
///
/// Returns the number of such conflicts. A fault comes with the number of entries before it that
/// are done.
pub async fn handle(
    ledger: &impl Ledger,
    listeners: &impl Listeners,
    lines: &[RawEntry],
    now: Timestamp,
) -> Result<usize, (usize, Fault)> {
    let (mut failed, mut done, mut conflicts) = (None, 0, 0);
    let mut told = Vec::new();
    for line in lines {
        match ledger.append(line, now).await {
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
