//! The audit record: copies of entries, added and never changed.

use std::collections::VecDeque;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};
use domain::history::RawEntry;
use jiff::civil::Date;
use service::{
    Fault,
    ports::{Appended, Ledger},
};

use super::{
    row::{Row, SHARDS, audit_row, day_shard, name_of, string, text},
    table::Table,
};

/// The table of the audit record.
#[derive(Debug, Clone)]
pub struct AuditTable {
    table: Table,
}

impl AuditTable {
    /// The table of this name.
    pub fn new(sdk: &SdkConfig, table: String) -> Self {
        Self { table: Table::new(sdk, table) }
    }

    /// The lines of one day (UTC), each as it was written. The entries of one
    /// request come in their order: time never runs backwards in a history.
    pub async fn lines_of(&self, day: Date) -> Result<Vec<String>, Fault> {
        // The first shard has the publications of rules. It is read last, so that no request in an
        // export is younger than the rules it rests on.
        let mut parts = VecDeque::new();
        for shard in (0..SHARDS).rev() {
            let rows = self.table.index("day", "day", &day_shard(&day.to_string(), shard));
            let rows = rows.all().await?;
            let lines = rows.iter().map(|row| string(row, "body").map(str::to_owned));
            let lines = lines.collect::<Result<Vec<_>, _>>()?;
            parts.push_front(lines);
        }
        Ok(parts.into_iter().flatten().collect())
    }
}

impl AuditTable {
    /// Puts a row, or returns the one that is in its place. The refusal contains that row, so that
    /// no permission to read is needed.
    async fn put(&self, row: Row) -> Result<Option<Row>, Fault> {
        let name = name_of(&row);
        let put = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(None) };
        if let Some(PutItemError::ConditionalCheckFailedException(refused)) =
            error.as_service_error()
        {
            return Ok(Some(refused.item().cloned().unwrap_or_default()));
        }
        Err(Fault::new("append to the audit record", error).on(name))
    }
}

/// Whether a row holds this line, byte for byte.
fn is(row: &Row, line: &RawEntry) -> bool {
    string(row, "body").is_ok_and(|body| body == line.as_str())
}

/// The row of a line whose place is taken. Its key also has the hash of the line.
fn beside(line: &RawEntry) -> Row {
    let mut row = audit_row(line);
    for name in ["sk", "place"] {
        let own = string(&row, name).map(|own| format!("{own}#{}", line.hash)).unwrap_or_default();
        row.insert(name.to_owned(), text(own));
    }
    row
}

impl Ledger for AuditTable {
    async fn append(&self, line: &RawEntry) -> Result<Appended, Fault> {
        match self.put(audit_row(line)).await? {
            None => Ok(Appended::New),
            Some(there) if is(&there, line) => Ok(Appended::There),
            Some(_) => {
                // A second copy beside has the same key, so it changes nothing.
                _ = self.put(beside(line)).await?;
                Ok(Appended::Beside)
            }
        }
    }
}
