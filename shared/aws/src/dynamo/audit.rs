//! The audit record: copies of entries, added and never changed.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, operation::put_item::PutItemError};
use domain::Line;
use jiff::civil::Date;
use service::{Fault, ports::Ledger};

use super::row::{SHARDS, audit_row, day_shard, string, text};

/// The table of the audit record.
#[derive(Debug, Clone)]
pub struct AuditTable {
    client: Client,
    table: String,
}

impl AuditTable {
    /// The table of this name.
    pub fn new(sdk: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(sdk), table }
    }

    /// The lines of one day (UTC), each as it was written. The entries of one
    /// request come in their order: time never runs backwards in a history.
    pub async fn lines_of(&self, day: Date) -> Result<Vec<String>, Fault> {
        let mut lines = Vec::new();
        for shard in 0..SHARDS {
            let mut rows = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("day")
                .key_condition_expression("#day = :day")
                .expression_attribute_names("#day", "day")
                .expression_attribute_values(":day", text(day_shard(&day.to_string(), shard)))
                .into_paginator()
                .items()
                .send();
            while let Some(row) = rows.next().await {
                let row = row.map_err(|error| Fault::new("read the audit record", error))?;
                lines.push(string(&row, "body")?.to_owned());
            }
        }
        Ok(lines)
    }
}

impl Ledger for AuditTable {
    async fn append(&self, line: &Line) -> Result<(), Fault> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(audit_row(line)))
            .condition_expression("attribute_not_exists(pk)");
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // A second delivery: it is on record already.
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                Some(_) | None => Err(Fault::new("append to the audit record", error)),
            },
        }
    }
}
