//! Attachments: one partition, read whole by reconciliation. It has one row for each managed
//! policy that grants hold on a principal, and for those released in the last days.

use domain::grant::{Attachment, AttachmentKey, AttachmentState};
use jiff::{SignedDuration, Timestamp};
use service::{
    Fault,
    ports::{Attachments, Committed},
};

use crate::telemetry::with_causes;

use super::{
    RequestsTable,
    row::{ATTACHMENTS, Row, attachment_key, number, row, string, text},
    transaction::Transaction,
};

/// How long released attachments are kept before TTL removes them.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Rows that are read at most to find attachments that are due to be checked.
const MOST_READ: usize = 2_000;

impl Attachments for RequestsTable {
    async fn attachment(&self, key: AttachmentKey<'_>) -> Result<Option<Attachment>, Fault> {
        let (pk, sk) = attachment_key(key);
        self.get(pk, &sk).await?.map(|row| read(&row)).transpose()
    }

    async fn record_attachment(&self, attachment: &Attachment) -> Result<Committed, Fault> {
        let writes = Transaction::on(&self.table);
        let writes = match attachment.version.checked_sub(1) {
            Some(0) | None => writes.put_new(written(attachment))?,
            Some(read) => writes.put_if_version(written(attachment), read)?,
        };
        let refused = writes.send(&self.client).await?;
        Ok(if refused.any() { Committed::Lost } else { Committed::Done })
    }

    async fn due_for_check(&self, now: Timestamp) -> Result<Vec<Attachment>, Fault> {
        let mut found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due = :due AND due_at <= :now")
            .expression_attribute_values(":due", text(ATTACHMENTS))
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
            unchecked.extend(read(&row).ok().filter(|attachment| is_kept_at(attachment, &row)));
        }
        Ok(unchecked)
    }

    async fn attachments(&self) -> Result<Vec<Attachment>, Fault> {
        let rows = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(ATTACHMENTS))
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
fn each<E>(what: &'static str, rows: Result<Vec<Row>, E>) -> Result<Vec<Attachment>, Fault>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let rows = rows.map_err(|error| Fault::new(what, error))?;
    let readable = |row| match read(row) {
        Ok(attachment) => Some(attachment),
        Err(fault) => {
            let (key, cause) = (string(row, "sk").unwrap_or_default(), with_causes(&fault));
            tracing::error!(
                key = key.escape_debug().to_string(),
                cause,
                "an attachment cannot be read"
            );
            None
        }
    };
    Ok(rows.iter().filter_map(readable).collect())
}

/// Whether this row is where the attachment is kept.
fn is_kept_at(attachment: &Attachment, row: &Row) -> bool {
    let (pk, sk) = attachment_key(attachment.key());
    string(row, "pk").is_ok_and(|own| own == pk) && string(row, "sk").is_ok_and(|own| own == sk)
}

fn written(attachment: &Attachment) -> Row {
    let (pk, sk) = attachment_key(attachment.key());
    let body = String::from_utf8_lossy(&domain::value::canonical(attachment)).into_owned();
    let mut row = row([
        ("pk", text(pk)),
        ("sk", text(sk)),
        ("version", number(attachment.version)),
        ("body", text(body)),
    ]);
    if let AttachmentState::Released { at, .. } = attachment.state {
        let forget_at = at.checked_add(REMEMBERED).unwrap_or(Timestamp::MAX);
        row.insert("expires_at".to_owned(), number(forget_at.as_second()));
    }
    // The sweep looks at it once, when no call of ours can be late any more.
    if let Some(check_at) = attachment.check_at() {
        row.insert("due".to_owned(), text(ATTACHMENTS));
        row.insert("due_at".to_owned(), number(check_at.as_millisecond()));
    }
    row
}

fn read(row: &Row) -> Result<Attachment, Fault> {
    serde_json::from_str(string(row, "body")?)
        .map_err(|error| Fault::new("read an attachment", error))
}
