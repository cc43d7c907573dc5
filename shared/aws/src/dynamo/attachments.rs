//! Attachments: one partition, read whole by reconciliation. It has one row for each managed
//! policy that grants hold on a principal, and for those released in the last days.

use domain::{
    grant::{Attachment, AttachmentKey, AttachmentState},
    value::canonical_text,
};
use jiff::{SignedDuration, Timestamp};
use service::{
    Fault,
    ports::{Attachments, Committed},
};

use crate::telemetry::with_causes;

use super::{
    RequestsTable,
    row::{ATTACHMENTS, Row, attachment_key, body, number, row, string, text},
    transaction::Transaction,
};

/// Time after which TTL removes released attachments.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Rows that are read at most to find attachments that are due to be checked.
const MOST_READ: usize = 2_000;

impl Attachments for RequestsTable {
    async fn attachment(&self, key: AttachmentKey<'_>) -> Result<Option<Attachment>, Fault> {
        let (pk, sk) = attachment_key(key);
        self.0.get(&pk, &sk).await?.map(|row| read(&row)).transpose()
    }

    async fn record_attachment(&self, attachment: &Attachment) -> Result<Committed, Fault> {
        let writes = Transaction::on(&self.0.name);
        let writes = writes.put_version(written(attachment), attachment.version)?;
        writes.commit(&self.0.client).await
    }

    async fn due_for_check(&self, now: Timestamp) -> Result<Vec<Attachment>, Fault> {
        let due = self.0.index("due", "due", ATTACHMENTS);
        let due = due.until("due_at", number(now.as_millisecond()));
        // The index takes any row with its attributes. A row that is not under the key of its
        // attachment is left out, and a flood of such rows must not take the minute that closings
        // need.
        let rows = due.first(MOST_READ).await?;
        let kept = |row| read(row).ok().filter(|attachment| is_kept_at(attachment, row));
        Ok(rows.iter().filter_map(kept).collect())
    }

    async fn attachments(&self) -> Result<Vec<Attachment>, Fault> {
        let rows = self.0.partition(ATTACHMENTS).all().await?;
        Ok(rows.iter().filter_map(readable).collect())
    }
}

/// Reads a row. A row that cannot be read is logged, and does not hide the others.
fn readable(row: &Row) -> Option<Attachment> {
    let read = read(row);
    let logged = read.inspect_err(|fault| {
        tracing::error!(cause = with_causes(fault), "an attachment cannot be read");
    });
    logged.ok()
}

/// Whether this row is where the attachment is kept.
fn is_kept_at(attachment: &Attachment, row: &Row) -> bool {
    let (pk, sk) = attachment_key(attachment.key());
    string(row, "pk").is_ok_and(|own| own == pk) && string(row, "sk").is_ok_and(|own| own == sk)
}

fn written(attachment: &Attachment) -> Row {
    let (pk, sk) = attachment_key(attachment.key());
    let body = canonical_text(attachment);
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
    body(row, "read attachment")
}
