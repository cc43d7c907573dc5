//! Exporting the audit record, and checking exports and checkpoints.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Error, Result, anyhow, ensure};
use aws::{
    clock,
    dynamo::{AuditTable, RequestsTable},
    kms::SigningKey,
    s3::Bucket,
    sdk,
};
use domain::{history::RawEntry, value::RequestId};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use service::{Gaps, fill, find_gaps, ports::Aside};

use super::complain;
use crate::{
    args::Audit,
    checkpoints::{
        self, BrokenCheckpoint, BrokenProof, BrokenTable, Folder, Proof, PublicKey, RecordFiles,
        VerifiedCheckpoints, compare, pem_of, prove,
    },
    export::Export,
    verify::{BrokenRecord, Finding, Verified, verify},
};

pub(super) async fn run(command: Audit) -> Result<String> {
    match command {
        Audit::Export { from, to, out, table } => {
            let today = clock::now().to_zoned(TimeZone::UTC).date();
            let (from, to) = (from.unwrap_or(today), to.unwrap_or(today));
            ensure!(from <= to, "--from {from} is after --to {to}");
            export(&table, from, to, out.as_deref()).await
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
            let copied = if dry_run {
                None
            } else {
                Some(fill(&record, &gaps.missing, clock::now()).await?)
            };
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

/// The checkpoints, where an auditor has them.
enum Record {
    Folder(Folder),
    Bucket(Bucket),
}

impl Record {
    /// The checkpoints at this path. `None` if it names a file.
    async fn at(path: &str) -> Option<Self> {
        if let Some(name) = path.strip_prefix("s3://") {
            let name = name.trim_end_matches('/').to_owned();
            return Some(Self::Bucket(Bucket::new(&sdk::load("cli").await, name)));
        }
        Path::new(path).is_dir().then(|| Self::Folder(Folder(path.into())))
    }
}

impl RecordFiles for Record {
    async fn names(&self) -> Result<BTreeSet<String>> {
        match self {
            Self::Folder(folder) => folder.names().await,
            Self::Bucket(bucket) => bucket.names().await,
        }
    }

    async fn read(&self, name: &str) -> Result<Vec<u8>> {
        match self {
            Self::Folder(folder) => folder.read(name).await,
            Self::Bucket(bucket) => bucket.read(name).await,
        }
    }
}

fn public_key(path: &Path) -> Result<PublicKey> {
    let read = fs::read_to_string(path).map_err(Error::from);
    let key = read.and_then(|text| PublicKey::from_pem(&text));
    key.with_context(|| format!("the key {} cannot be read", path.display()))
}

fn keyless(what: &str) -> Error {
    anyhow!(
        "{what} are verified with the public key: give it with --key, as `portcullis audit key` \
         printed it"
    )
}

fn unproven(path: &str) -> String {
    format!("{path} does not prove a whole and unaltered record")
}

async fn verify_checkpoints(
    path: &str,
    record: &Record,
    key: &PublicKey,
    table: Option<String>,
    now: Timestamp,
) -> Result<String> {
    let verified = checkpoints::verify(record, key, now).await.with_context(|| unproven(path))?;
    let beside = match table {
        Some(table) => {
            let rows = AuditTable::new(&sdk::load("cli").await, table).all_rows().await?;
            let pending = compare(&rows, &verified, now)?;
            format!("\nThe table has the same entries, and {pending} that wait for a checkpoint.")
        }
        None => String::new(),
    };
    let VerifiedCheckpoints { newest, through, entries, again, strays, .. } = verified;
    let mut said = format!(
        "{path}: {newest} checkpoints, whole and unaltered, up to {through}.\n{} Signed with the \
         key {}.",
        counted(&entries),
        key.fingerprint(),
    ) + &beside;
    for (checkpoint, line, of) in again {
        said = format!(
            "{said}\nNote: checkpoint {checkpoint}, line {line}: this entry is in checkpoint {of} \
             already. Its row was deleted and copied again: find out by whom.",
        );
    }
    for stray in strays {
        said = format!("{said}\nNote: {stray} is in no checkpoint. It counts for nothing.");
    }
    Ok(said)
}

async fn proof_of(path: &str, record: &Record, key: &PublicKey, id: &RequestId) -> Result<String> {
    // A copy may be of any time, so its age proves nothing here.
    let verified = checkpoints::verify(record, key, Timestamp::MIN).await;
    let verified = verified.with_context(|| unproven(path))?;
    let proof = prove(record, &verified, id).await?;
    let proof = proof.with_context(|| format!("{path} has no entry of request {id}"))?;
    Ok(serde_json::to_string_pretty(&proof)? + "\n")
}

fn verify_file(file: &Path, key: Option<&PublicKey>) -> Result<String> {
    let Export { text, notes } = Export::read(file)?;
    if let Some(proof) = Proof::read(&text) {
        let key = key.ok_or_else(|| keyless("proofs"))?;
        let broken = || format!("{} proves nothing", file.display());
        let proof = proof.with_context(broken)?;
        let sound = proof.verify(key).with_context(broken)?;
        return Ok(format!(
            "{}: {} entries of request {}, each as it was recorded and signed with the key {}. Later \
             entries may exist.",
            file.display(),
            sound.events,
            proof.request,
            key.fingerprint()
        ));
    }
    let sound = verify(&text).with_context(|| {
        format!(
            "{} is not what was recorded, or it begins later than its requests do",
            file.display()
        )
    })?;
    let mut said = format!("{}: {}", file.display(), counted(&sound));
    if sound.unplaced > 0 {
        said = format!(
            "{said}\nNote: no publication is in it, so that whether the rules of {} asks and \
             decisions were in force was not checked; export from the day they were published.",
            sound.unplaced
        );
    }
    Ok(notes.iter().fold(said, |said, note| format!("{said}\nNote: {note}.")))
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

fn counted(sound: &Verified) -> String {
    format!(
        "{} events, each as it was recorded (requests: {}, publications of rules: {}).",
        sound.events, sound.requests, sound.publications
    )
}
