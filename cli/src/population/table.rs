//! The population as CSV and as JSON Lines, and the manifest beside it.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::value::Digest;
use jiff::Timestamp;
use serde::Serialize;

use super::RequestRow;

/// Characters with which a program for tables may begin a formula, and the mark that we put before
/// them.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

/// A cell that no program for tables takes for a formula. An apostrophe goes before a text that could
/// begin one, and before a text that begins with an apostrophe, so it can always be taken away.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
pub fn inert(cell: &str) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}

/// The columns, in the order of the fields of a row.
const COLUMNS: [&str; 29] = [
    "request_id",
    "status",
    "requester",
    "entitlement",
    "kind",
    "target",
    "tags",
    "asked_at",
    "reason",
    "ticket",
    "approved_by",
    "rules",
    "rule_ids",
    "decisions",
    "granted_from",
    "granted_to",
    "effective_at",
    "ended_at",
    "end_cause",
    "closing_lag_seconds",
    "extends",
    "sessions",
    "reviewed_by",
    "reviewed_at",
    "review",
    "grant_digest",
    "entries",
    "first_hash",
    "last_hash",
];

/// The rows as CSV (RFC 4180), with a header.
pub fn to_csv(rows: &[RequestRow]) -> Result<String> {
    let mut plain = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    // The header is there without any row as well: an empty month is an answer.
    plain.write_record(COLUMNS)?;
    for row in rows {
        plain.serialize(row)?;
    }
    let plain = plain.into_inner().map_err(csv::IntoInnerError::into_error)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(plain.as_slice());
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for record in reader.records() {
        writer.write_record(record?.iter().map(inert))?;
    }
    let text = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8(text)?)
}

/// The rows as JSON Lines.
pub fn to_json_lines(rows: &[RequestRow]) -> Result<String> {
    let lines = rows.iter().map(|row| Ok(serde_json::to_string(row)? + "\n"));
    lines.collect()
}

/// The bounds and the totals of an export, in a file beside it, so that its completeness can be shown.
#[derive(Debug, Serialize)]
pub struct Manifest<'r> {
    /// The form of the export.
    pub format: &'static str,
    /// The version of the program.
    pub version: &'static str,
    /// The time at which it was made.
    pub run_at: Timestamp,
    /// The beginning of the period, included.
    pub from: Timestamp,
    /// The end of the period, included.
    pub to: Timestamp,
    /// The table that was read.
    pub table: &'r str,
    /// The number of rows.
    pub rows: usize,
    /// The number of rows in each state. Together they are all rows.
    pub rows_by_status: BTreeMap<&'r str, usize>,
    /// The number of entries of these rows.
    pub entries: usize,
    /// The first and the last request.
    pub first_and_last: Option<[&'r str; 2]>,
    /// The SHA-256 digest of the file.
    pub sha256: Digest,
}

impl<'r> Manifest<'r> {
    /// The manifest of a file with these rows.
    pub fn of(
        rows: &'r [RequestRow],
        file: &str,
        table: &'r str,
        [run_at, from, to]: [Timestamp; 3],
    ) -> Self {
        let mut rows_by_status = BTreeMap::new();
        for row in rows {
            *rows_by_status.entry(row.status.as_str()).or_default() += 1;
        }
        let ends = rows.first().zip(rows.last());
        Self {
            format: "portcullis/requests/v1",
            version: env!("CARGO_PKG_VERSION"),
            run_at,
            from,
            to,
            table,
            rows: rows.len(),
            rows_by_status,
            entries: rows.iter().map(|row| row.entries).sum(),
            first_and_last: ends
                .map(|(first, last)| [first, last].map(|row| row.request_id.as_str())),
            sha256: Digest::plain(file.as_bytes()),
        }
    }
}
