//! Who holds which managed policy: one partition, read whole by whoever compares it
//! with IAM. It holds as many rows as there are such grants, and those of the last days.

use domain::{Hold, Holding, PolicyArn, Principal};
use jiff::{SignedDuration, Timestamp};
use service::{
    Fault,
    ports::{Committed, Holdings},
};

use crate::telemetry::with_causes;

use super::{
    RequestsTable,
    row::{HOLDINGS, Row, holding_key, number, row, string, text},
    transaction::Transaction,
};

/// For so long it is kept that something is not held any more.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 7);

/// So many rows are read at most to find what is to be looked at again.
const MOST_READ: usize = 2_000;

impl Holdings for RequestsTable {
    async fn holding(&self, on: &Principal, policy: &PolicyArn) -> Result<Option<Holding>, Fault> {
        let (pk, sk) = holding_key(on, policy);
        self.get(pk, &sk).await?.map(|row| read(&row)).transpose()
    }

    async fn hold(&self, holding: &Holding) -> Result<Committed, Fault> {
        let writes = Transaction::on(&self.table);
        let writes = match holding.version.checked_sub(1) {
            Some(0) | None => writes.put_new(written(holding))?,
            Some(read) => writes.put_if_version(written(holding), read)?,
        };
        let refused = writes.send(&self.client).await?;
        Ok(if refused.any() { Committed::Lost } else { Committed::Done })
    }

    async fn unchecked(&self, now: Timestamp) -> Result<Vec<Holding>, Fault> {
        let mut found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due = :due AND due_at <= :now")
            .expression_attribute_values(":due", text(HOLDINGS))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .into_paginator()
            .items()
            .send();
        // The index takes any row with its attributes: what is no holding by its key is none,
        // and a flood of such rows must not take the minute that closings need.
        let mut unchecked = Vec::new();
        for _row in 0..MOST_READ {
            let Some(row) = found.next().await else { break };
            let row = row.map_err(|error| Fault::new("read what was taken away", error))?;
            unchecked.extend(read(&row).ok().filter(|holding| is_kept_at(holding, &row)));
        }
        Ok(unchecked)
    }

    async fn holdings(&self) -> Result<Vec<Holding>, Fault> {
        let rows = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(HOLDINGS))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .collect()
            .await;
        each("read what is held", rows)
    }
}

/// Reads rows that were found. One that cannot be read is told, and hides no other.
fn each<E>(what: &'static str, rows: Result<Vec<Row>, E>) -> Result<Vec<Holding>, Fault>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let rows = rows.map_err(|error| Fault::new(what, error))?;
    let readable = |row| match read(row) {
        Ok(holding) => Some(holding),
        Err(fault) => {
            let (key, cause) = (string(row, "sk").unwrap_or_default(), with_causes(&fault));
            tracing::error!(
                key = key.escape_debug().to_string(),
                cause,
                "a holding cannot be read"
            );
            None
        }
    };
    Ok(rows.iter().filter_map(readable).collect())
}

/// Whether a holding is kept in this row.
fn is_kept_at(holding: &Holding, row: &Row) -> bool {
    let (pk, sk) = holding_key(&holding.on, &holding.policy);
    string(row, "pk").is_ok_and(|own| own == pk) && string(row, "sk").is_ok_and(|own| own == sk)
}

fn written(holding: &Holding) -> Row {
    let (pk, sk) = holding_key(&holding.on, &holding.policy);
    let body = String::from_utf8_lossy(&domain::canonical(holding)).into_owned();
    let mut row = row([
        ("pk", text(pk)),
        ("sk", text(sk)),
        ("version", number(holding.version)),
        ("body", text(body)),
    ]);
    if let Hold::Released { at, .. } = holding.hold {
        let forget_at = at.checked_add(REMEMBERED).unwrap_or(Timestamp::MAX);
        row.insert("expires_at".to_owned(), number(forget_at.as_second()));
    }
    // The sweep looks at it once, when no call of ours can be late any more.
    if let Some(check_at) = holding.check_at() {
        row.insert("due".to_owned(), text(HOLDINGS));
        row.insert("due_at".to_owned(), number(check_at.as_millisecond()));
    }
    row
}

fn read(row: &Row) -> Result<Holding, Fault> {
    serde_json::from_str(string(row, "body")?).map_err(|error| Fault::new("read a holding", error))
}
