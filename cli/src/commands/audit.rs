//! Exporting the audit record, and checking an export.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use aws::{clock, dynamo::AuditTable, sdk};
use jiff::{ToSpan, civil::Date, tz::TimeZone};

use crate::{args::Audit, export::Export, verify::verify};

pub(super) async fn run(command: Audit) -> Result<String> {
    match command {
        Audit::Export { from, to, out, table } => {
            let today = clock::now().to_zoned(TimeZone::UTC).date();
            let (from, to) = (from.unwrap_or(today), to.unwrap_or(today));
            ensure!(from <= to, "--from {from} is after --to {to}");
            export(&table, from, to, out.as_deref()).await
        }
        Audit::Verify { file } => {
            let Export { text, notes } = Export::read(&file)?;
            let sound = verify(&text).with_context(|| {
                format!(
                    "{} is not what was recorded, or it begins later than its requests do",
                    file.display()
                )
            })?;
            let mut said = format!(
                "{}: {} events, each as it was recorded (requests: {}, publications of rules: {}).",
                file.display(),
                sound.events,
                sound.requests,
                sound.publications
            );
            if sound.unplaced > 0 {
                said = format!(
                    "{said}\nNote: no publication is in it, so that whether the rules of {} asks and \
                     decisions were in force was not checked; export from the day they were published.",
                    sound.unplaced
                );
            }
            Ok(notes.iter().fold(said, |said, note| format!("{said}\nNote: {note}.")))
        }
    }
}

async fn export(table: &str, from: Date, to: Date, out: Option<&Path>) -> Result<String> {
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
