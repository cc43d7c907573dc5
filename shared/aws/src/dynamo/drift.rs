//! The record of drift: one history for each comparison with IAM.

use domain::history::DriftEntry;
use service::{Fault, ports::DriftLog};

use super::{RequestsTable, row::sighting_row, transaction::Transaction};

/// Most writes in one transaction.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const AT_ONCE: usize = 100;

impl DriftLog for RequestsTable {
    async fn record_drift(&self, entries: &[DriftEntry]) -> Result<(), Fault> {
        for some in entries.chunks(AT_ONCE) {
            let mut writes = Transaction::on(&self.0.name);
            for entry in some {
                writes = writes.put_new(sighting_row(entry))?;
            }
            if writes.send(&self.0.client).await?.any() {
                return Err(Fault::new("record drift", "another run is recording it"));
            }
        }
        Ok(())
    }
}
