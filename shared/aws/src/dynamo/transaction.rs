//! Writes that happen together or not at all.

use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, Put, TransactWriteItem, builders::PutBuilder},
};
use jiff::Timestamp;
use service::{Fault, ports::Committed};

use super::row::{Row, name_of, number};

/// Puts into one table, each with its condition.
pub(super) struct Transaction<'table> {
    table: &'table str,
    writes: Vec<TransactWriteItem>,
    /// The keys of the rows, for a fault.
    names: Vec<String>,
}

impl<'table> Transaction<'table> {
    pub(super) fn on(table: &'table str) -> Self {
        Self { table, writes: Vec::new(), names: Vec::new() }
    }

    /// Puts a row, in place of any earlier one.
    pub(super) fn put(self, row: Row) -> Result<Self, Fault> {
        self.with(Put::builder(), row)
    }

    /// Puts a row if there is none under its key.
    pub(super) fn put_new(self, row: Row) -> Result<Self, Fault> {
        self.with(Put::builder().condition_expression("attribute_not_exists(pk)"), row)
    }

    /// Puts a row if there is none under its key, or that one has expired before `now`.
    pub(super) fn put_unless_live(self, row: Row, now: Timestamp) -> Result<Self, Fault> {
        let put = Put::builder()
            .condition_expression("attribute_not_exists(pk) OR expires_at < :now")
            .expression_attribute_values(":now", number(now.as_second()));
        self.with(put, row)
    }

    /// Puts a row if the stored version is still `read`.
    pub(super) fn put_if_version(self, row: Row, read: u64) -> Result<Self, Fault> {
        let put = Put::builder()
            .condition_expression("version = :read")
            .expression_attribute_values(":read", number(read));
        self.with(put, row)
    }

    /// Puts the row of this version: in place of the one before, or of none if it is the first.
    pub(super) fn put_version(self, row: Row, version: u64) -> Result<Self, Fault> {
        match version.checked_sub(1) {
            Some(0) | None => self.put_new(row),
            Some(read) => self.put_if_version(row, read),
        }
    }

    fn with(mut self, put: PutBuilder, row: Row) -> Result<Self, Fault> {
        self.names.push(name_of(&row));
        let put = put.table_name(self.table).set_item(Some(row)).build();
        let put = put.map_err(|error| Fault::new("build a call to DynamoDB", error))?;
        self.writes.push(TransactWriteItem::builder().put(put).build());
        Ok(self)
    }

    /// Writes all rows or none. A refusal of any is a lost race.
    pub(super) async fn commit(self, client: &Client) -> Result<Committed, Fault> {
        let refused = self.send(client).await?;
        Ok(if refused.any() { Committed::Lost } else { Committed::Done })
    }

    /// Writes all rows or none, and returns the refused writes.
    pub(super) async fn send(self, client: &Client) -> Result<Refused, Fault> {
        let names = self.names;
        let sent = client.transact_write_items().set_transact_items(Some(self.writes)).send().await;
        let Err(error) = sent else { return Ok(Refused::default()) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        {
            let refused = Refused::by(cancelled.cancellation_reasons());
            if refused.is_lost_race() {
                return Ok(refused);
            }
        }
        Err(Fault::new("write", error).on(names.join(", ")))
    }
}

/// The writes of a transaction that were refused, by their conditions or by a conflict with another
/// transaction.
#[derive(Debug, Default)]
#[must_use = "what was refused was not written"]
pub(super) struct Refused {
    codes: Vec<String>,
}

impl Refused {
    fn by(reasons: &[CancellationReason]) -> Self {
        let codes = reasons.iter().map(|reason| reason.code().unwrap_or("None").to_owned());
        Self { codes: codes.collect() }
    }

    /// Whether refusals are the only cause of the cancellation. Throttling also cancels a
    /// transaction, and is a failure. A conflict with another transaction is a lost race.
    fn is_lost_race(&self) -> bool {
        let known = |code: &String| {
            matches!(code.as_str(), "None" | "ConditionalCheckFailed" | "TransactionConflict")
        };
        self.any() && self.codes.iter().all(known)
    }

    /// Whether any write was refused, so that nothing was written.
    pub(super) fn any(&self) -> bool {
        self.codes.iter().any(|code| code != "None")
    }

    /// Whether this write, counted from 0, was refused or in conflict with another transaction.
    pub(super) fn touched(&self, index: usize) -> bool {
        self.codes.get(index).is_some_and(|code| code != "None")
    }

    /// Whether the condition of this write, counted from 0, did not hold.
    pub(super) fn failed_its_condition(&self, index: usize) -> bool {
        self.codes.get(index).is_some_and(|code| code == "ConditionalCheckFailed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(codes: &[&str]) -> Refused {
        let reason = |code: &&str| CancellationReason::builder().code(*code).build();
        Refused::by(&codes.iter().map(reason).collect::<Vec<_>>())
    }

    #[test]
    fn losing_a_race_is_an_answer_and_names_the_write_that_lost() {
        let lost = refused(&["None", "ConditionalCheckFailed"]);
        assert!(lost.is_lost_race() && lost.any());
        assert!(
            lost.failed_its_condition(1)
                && !lost.failed_its_condition(0)
                && !lost.failed_its_condition(2)
        );
        let meeting = refused(&["TransactionConflict", "None"]);
        assert!(meeting.is_lost_race() && meeting.any() && !meeting.failed_its_condition(0));
    }

    #[test]
    fn being_throttled_is_a_failure_and_not_a_lost_race() {
        let throttled = refused(&["ConditionalCheckFailed", "ThrottlingError"]);
        assert!(!throttled.is_lost_race());
        assert!(!refused(&[]).is_lost_race());
    }
}
