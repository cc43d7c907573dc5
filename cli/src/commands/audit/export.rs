//! Exporting the audit record.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use aws::{clock, dynamo::AuditTable, sdk};
use domain::history::Flaw;
use jiff::{ToSpan, civil::Date, tz::TimeZone};

use crate::{
    args::ExportFormat,
    population::{Manifest, population, to_csv, to_json_lines},
};

/// Writes each event of some days, as JSON Lines.
pub(super) async fn events(
    table: &str,
    from: Date,
    to: Date,
    out: Option<&Path>,
) -> Result<String> {
    let record = AuditTable::new(&sdk::load("cli").await, table.to_owned());
    let mut lines = Vec::new();
    for day in from.series(1.day()).take_while(|day| *day <= to) {
        lines.extend(record.lines_of(day).await?);
    }
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    let Some(out) = out else { return Ok(text) };
    fs::write(out, &text).with_context(|| format!("{} cannot be written", out.display()))?;
    Ok(format!("{}: {} events, {from} to {to}.", out.display(), lines.len()))
}

/// Writes one row for each request of some days, and a manifest beside the file.
pub(super) async fn requests(
    table: &str,
    [from, to]: [Date; 2],
    format: ExportFormat,
    out: Option<PathBuf>,
) -> Result<String> {
    let start = from.to_zoned(TimeZone::UTC)?.timestamp();
    let end = to.tomorrow()?.to_zoned(TimeZone::UTC)?.timestamp() - 1.nanosecond();
    let record = AuditTable::new(&sdk::load("cli").await, table.to_owned());
    // A request may be open for long without an event, so all of the record is read.
    let stored = record.all_rows().await?;
    let mut lines = Vec::new();
    for row in &stored {
        let line = row
            .line
            .parse()
            .map_err(|flaw: Flaw| anyhow!("row {}: {flaw}", row.name.escape_debug()))?;
        lines.push(line);
    }
    let rows = population(&lines, start, end)?;
    let text = match format {
        ExportFormat::Csv => to_csv(&rows)?,
        ExportFormat::Jsonl => to_json_lines(&rows)?,
    };
    let Some(out) = out else { return Ok(text) };
    let manifest = Manifest::of(&rows, &text, table, [clock::now(), start, end]);
    let beside = PathBuf::from(format!("{}.manifest.json", out.display()));
    let written =
        [(&out, text.clone()), (&beside, serde_json::to_string_pretty(&manifest)? + "\n")];
    for (path, text) in written {
        fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(format!(
        "{}: {} requests, {from} to {to}. Its totals and its digest are in {}.",
        out.display(),
        rows.len(),
        beside.display()
    ))
}
