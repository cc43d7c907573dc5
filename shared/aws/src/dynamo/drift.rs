//! What a look at IAM has found: a history of its own for each look.

use domain::Sighting;
use service::{Fault, ports::DriftLog};

use super::{RequestsTable, row::sighting_row, transaction::Transaction};

/// So many writes fit into one transaction.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const AT_ONCE: usize = 100;

impl DriftLog for RequestsTable {
    async fn saw(&self, sightings: &[Sighting]) -> Result<(), Fault> {
        for some in sightings.chunks(AT_ONCE) {
            let mut writes = Transaction::on(&self.table);
            for sighting in some {
                writes = writes.put_new(sighting_row(sighting))?;
            }
            if writes.send(&self.client).await?.any() {
                return Err(Fault::new("record what was found in IAM", "another look is at it"));
            }
        }
        Ok(())
    }
}
