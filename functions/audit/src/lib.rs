//! `audit`: copies each entry to the audit record, and announces it to the listeners.
//!
//! The stream of the requests table triggers it, for event rows only. The entry was written in its
//! canonical form and hashed in the transaction that made it true. This function copies its bytes,
//! whatever version wrote them. Its role permits puts and nothing else, and each put has the
//! condition that the row does not exist yet. An existing row is compared, so that a change of an
//! entry in the requests table is noticed when it is made.
//!
//! No record holds up the others. One that cannot be read, or that the table never takes, is set
//! aside: its key and the cause are on record, and it stays in the requests table, from which it can
//! be copied later. One that failed for another cause is delivered again, with all after it.

use domain::history::RawEntry;
use jiff::Timestamp;
use service::{
    Fault,
    ports::{Appended, Aside, Committed, Ledger, Listeners},
};

/// Most entries that are put in one call. DynamoDB takes 100 rows and 4 MB in a transaction, and
/// entries may be long.
const TOGETHER: usize = 25;

/// A batch of the stream.
#[derive(Debug, Default)]
pub struct Batch {
    /// The entries, in the order in which they were written.
    pub lines: Vec<RawEntry>,
    /// The rows that are no entries.
    pub unread: Vec<Aside>,
}

/// The copying of one batch.
struct Copying<'c, L> {
    ledger: &'c L,
    now: Timestamp,
    /// The entries that are on record.
    copied: Vec<RawEntry>,
    /// Entries whose place is taken, and rows that were set aside.
    odd: usize,
    /// The first entry that failed, by its index.
    failed: Option<(usize, Fault)>,
}

/// Puts entries on record, and then announces those that are on record. An entry that is delivered
/// twice is on record once and announced twice: listeners must accept that.
///
/// If another entry is on record in the same place, the new one is put beside it and counted: one
/// of the two was written by somebody else. It is announced like the others, because an
/// announcement only says where to look.
///
/// Returns the number of such conflicts, and of rows that were set aside. A fault comes with the
/// index of the first entry that has to be delivered again.
pub async fn handle(
    ledger: &impl Ledger,
    listeners: &impl Listeners,
    Batch { lines, unread }: &Batch,
    now: Timestamp,
) -> Result<usize, (usize, Fault)> {
    let mut copying = Copying { ledger, now, copied: Vec::new(), odd: 0, failed: None };
    for aside in unread {
        copying.set_aside(0, aside).await;
    }
    for (chunk, lines) in lines.chunks(TOGETHER).enumerate() {
        copying.copy(chunk * TOGETHER, lines).await;
    }
    listeners.announce(&copying.copied).await.map_err(|fault| (0, fault))?;
    copying.failed.map_or(Ok(copying.odd), Err)
}

impl<L: Ledger> Copying<'_, L> {
    /// Copies some lines in one call if all of them are new, and one by one otherwise.
    async fn copy(&mut self, first: usize, lines: &[RawEntry]) {
        if lines.len() > 1
            && let Ok(Committed::Done) = self.ledger.append_together(lines, self.now).await
        {
            self.copied.extend_from_slice(lines);
            return;
        }
        for (index, line) in lines.iter().enumerate() {
            self.copy_one(first + index, line).await;
        }
    }

    async fn copy_one(&mut self, index: usize, line: &RawEntry) {
        match self.ledger.append(line, self.now).await {
            Ok(Appended::New | Appended::There) => self.copied.push(line.clone()),
            Ok(Appended::Beside) => {
                let (history, seq) = (line.history.to_string(), line.seq);
                tracing::error!(
                    history,
                    seq,
                    "another entry is on record in the place of this one"
                );
                self.odd += 1;
                self.copied.push(line.clone());
            }
            Err(fault) if fault.is_unreadable() => {
                let row = format!("{}, entry {}", line.history, line.seq);
                let cause = aws::telemetry::with_causes(&fault);
                tracing::error!(row, cause, "the audit record does not take this entry");
                self.set_aside(index, &Aside { row, cause }).await;
            }
            Err(fault) => self.failed_at(index, fault),
        }
    }

    async fn set_aside(&mut self, index: usize, aside: &Aside) {
        match self.ledger.set_aside(aside, self.now).await {
            Ok(()) => self.odd += 1,
            Err(fault) => self.failed_at(index, fault),
        }
    }

    /// Keeps the first fault. The entries after it are copied all the same.
    fn failed_at(&mut self, index: usize, fault: Fault) {
        if self.failed.as_ref().is_none_or(|(first, _)| index < *first) {
            self.failed = Some((index, fault));
        }
    }
}
