//! Checking checkpoints, proofs and exports, and making proofs.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Error, Result, anyhow};
use aws::{clock, dynamo::AuditTable, s3::Bucket, sdk};
use domain::value::RequestId;
use jiff::Timestamp;

use crate::{
    checkpoints::{
        self, BrokenCheckpoint, Folder, Proof, PublicKey, RecordFiles, VerifiedCheckpoints,
        compare, prove,
    },
    export::Export,
    verify::{Verified, verify},
};

/// The checkpoints, where an auditor has them.
pub(super) enum Record {
    Folder(Folder),
    Bucket(Bucket),
}

impl Record {
    /// The checkpoints at this path. `None` if it names a file.
    pub(super) async fn at(path: &str) -> Option<Self> {
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

pub(super) fn public_key(path: &Path) -> Result<PublicKey> {
    let read = fs::read_to_string(path).map_err(Error::from);
    let key = read.and_then(|text| PublicKey::from_pem(&text));
    key.with_context(|| format!("the key {} cannot be read", path.display()))
}

pub(super) fn keyless(what: &str) -> Error {
    anyhow!(
        "{what} are verified with the public key: give it with --key, as `portcullis audit key` \
         printed it"
    )
}

fn unproven(path: &str) -> String {
    format!("{path} does not prove a whole and unaltered record")
}

pub(super) async fn verify_checkpoints(
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
            // Rows may have arrived since the checkpoints were read.
            let pending = compare(&rows, &verified, now.max(clock::now()))?;
            format!("\nThe table has the same entries, and {pending} that wait for a checkpoint.")
        }
        None => String::new(),
    };
    // Everything else holds, so that a gap hides nothing.
    if let Some(gap) = verified.gaps.first() {
        let (before, from, to) = *gap;
        return Err(BrokenCheckpoint::Gap(before, from, to)).with_context(|| unproven(path));
    }
    let VerifiedCheckpoints { newest, through, entries, again, strays, .. } = verified;
    let number = usize::try_from(newest).unwrap_or(usize::MAX);
    let mut said = format!(
        "{path}: {}, whole and unaltered, up to {through}.\n{} Signed with the \
         key {}.",
        wording::counted(number, "checkpoint", "checkpoints"),
        counted(&entries),
        key.fingerprint(),
    ) + &beside;
    for (checkpoint, line, of) in again {
        said = format!(
            "{said}\nNote: checkpoint {checkpoint}, line {line}: this entry is in checkpoint {of} \
             already. Its row was deleted and copied again: find out by whom.",
        );
    }
    if entries.unplaced > 0 {
        said = format!("{said}\nNote: no publication of rules is in it.");
    }
    for stray in strays {
        // Anybody may have named the file, so its name must not steer a terminal.
        let stray = stray.escape_debug();
        said = format!("{said}\nNote: {stray} is in no checkpoint. It counts for nothing.");
    }
    Ok(said)
}

pub(super) async fn proof_of(
    path: &str,
    record: &Record,
    key: &PublicKey,
    id: &RequestId,
) -> Result<String> {
    // A copy may be of any time, so its age proves nothing here.
    let verified = checkpoints::verify(record, key, Timestamp::MIN).await;
    let verified = verified.with_context(|| unproven(path))?;
    let proof = prove(record, &verified, id).await?;
    let proof = proof.with_context(|| format!("{path} has no entry of request {id}"))?;
    Ok(serde_json::to_string_pretty(&proof)? + "\n")
}

pub(super) fn verify_file(file: &Path, key: Option<&PublicKey>) -> Result<String> {
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
    if key.is_some() {
        let file = file.display();
        return Err(anyhow!(
            "{file} is no proof, and nothing else in a file is signed; leave --key out"
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

fn counted(sound: &Verified) -> String {
    format!(
        "{} events, each as it was recorded (requests: {}, publications of rules: {}).",
        sound.events, sound.requests, sound.publications
    )
}
