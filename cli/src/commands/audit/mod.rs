//! Exporting the audit record, and checking exports and checkpoints.

mod export;
mod verify;

use std::{fs, path::Path};

use anyhow::{Context, Error, Result, bail, ensure};
use aws::{
    clock,
    dynamo::{AuditTable, RequestsTable},
    kms::SigningKey,
    sdk,
};
use domain::history::RawEntry;
use jiff::tz::TimeZone;
use service::{Gaps, fill, find_gaps, ports::Aside};
use verify::{Record, keyless, proof_of, public_key, verify_checkpoints, verify_file};

use super::complain;
use crate::{
    args::{Audit, ExportFormat, View},
    checkpoints::{BrokenCheckpoint, BrokenProof, BrokenTable, pem_of},
    verify::{BrokenRecord, Finding},
};

pub(super) async fn run(command: Audit) -> Result<String> {
    match command {
        Audit::Export { view, format, from, to, out, table } => {
            let today = clock::now().to_zoned(TimeZone::UTC).date();
            let (from, to) = (from.unwrap_or(today), to.unwrap_or(today));
            ensure!(from <= to, "--from {from} is after --to {to}");
            match (view, format) {
                (View::Requests, _) => export::requests(&table, [from, to], format, out).await,
                (View::Events, ExportFormat::Jsonl) => {
                    export::events(&table, from, to, out.as_deref()).await
                }
                (View::Events, ExportFormat::Csv) => {
                    bail!("events are JSON Lines; `--view requests` can be CSV")
                }
            }
        }
        Audit::Verify { path, key, table, as_of } => {
            let record = Record::at(&path).await;
            let now = as_of.unwrap_or_else(clock::now);
            match (record, key.map(|key| public_key(&key)).transpose()?) {
                (Some(record), Some(key)) => {
                    verify_checkpoints(&path, &record, &key, table, now).await
                }
                (Some(_), None) => Err(keyless("checkpoints")),
                (None, key) => verify_file(Path::new(&path), key.as_ref()),
            }
        }
        Audit::Prove { id, path, key, out } => {
            let record = Record::at(&path).await;
            let record = record.with_context(|| format!("{path} is no directory and no bucket"))?;
            let proof = proof_of(&path, &record, &public_key(&key)?, &id).await?;
            let Some(out) = out else { return Ok(proof) };
            fs::write(&out, proof)
                .with_context(|| format!("{} cannot be written", out.display()))?;
            Ok(format!("{}: the proof of request {id}.", out.display()))
        }
        Audit::Backfill { dry_run, requests, table } => {
            let sdk = sdk::load("cli").await;
            let record = AuditTable::new(&sdk, table);
            let histories = RequestsTable::new(&sdk, requests);
            let gaps = find_gaps(&histories, &record, |compared| {
                complain(&format!("{compared} entries compared"));
            });
            let gaps = gaps.await?;
            let copied =
                if dry_run { None } else { Some(fill(&record, &gaps.missing, clock::now).await?) };
            Ok(told(&gaps, copied))
        }
        Audit::Key { key } => {
            let der = SigningKey::new(&sdk::load("cli").await, key).public().await?;
            Ok(pem_of(&der))
        }
    }
}

/// The kind of finding that an error tells of. `None` for other errors.
pub(super) fn finding(error: &Error) -> Option<Finding> {
    let record = error.downcast_ref::<BrokenRecord>().map(|broken| broken.flaw.finding());
    let checkpoint = || error.downcast_ref().map(BrokenCheckpoint::finding);
    let found =
        record.or_else(checkpoint).or_else(|| error.downcast_ref().map(BrokenTable::finding));
    found.or_else(|| error.downcast_ref().map(BrokenProof::finding))
}

/// The gaps of the record, and the number of entries that were copied, if any should be.
fn told(gaps: &Gaps, copied: Option<usize>) -> String {
    let mut lines = vec![format!(
        "{} entries compared: {} missing, {} different, {} rows are none.",
        gaps.compared,
        gaps.missing.len(),
        gaps.different.len(),
        gaps.unread.len()
    )];
    let each = |what: &'static str, of: &[RawEntry]| {
        let line = |line: &RawEntry| format!("{what}: {}, entry {}", line.history, line.seq);
        of.iter().map(line).collect::<Vec<_>>()
    };
    lines.extend(each("missing", &gaps.missing));
    lines.extend(each("different", &gaps.different));
    lines.extend(gaps.unread.iter().map(|Aside { row, cause }| {
        format!("no entry: {}: {}", row.escape_debug(), cause.escape_debug())
    }));
    lines.push(match copied {
        None => "Nothing was changed.".to_owned(),
        Some(copied) => format!("{copied} entries copied."),
    });
    lines.join("\n")
}
