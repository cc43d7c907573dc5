//! The proof of one request: its entries, and for each the signed statement that covers it, for
//! somebody who may see nothing else.

use std::collections::BTreeMap;

use domain::{
    checkpoint::{SignedStatement, Statement, StatementError, tree, unpacked},
    history::{HistoryId, RawEntry},
    value::{Digest, RequestId},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{BrokenCheckpoint, PublicKey, RecordFiles, VerifiedCheckpoints, read};
use crate::verify::{BrokenRecord, Defect, Finding, Verified, verify_lines};

/// The name of this form of a proof.
const FORMAT: &str = "portcullis/proof/v1";

/// The proof of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The form of the proof: `portcullis/proof/v1`.
    pub format: String,
    /// The request.
    pub request: RequestId,
    /// Its entries, in their order.
    pub entries: Vec<ProvenEntry>,
    /// The files of the statements that cover them, by number.
    pub statements: BTreeMap<u64, String>,
}

/// One entry, and its way to the root of a signed tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenEntry {
    /// The line, byte for byte.
    pub line: String,
    /// The number of the statement that covers it.
    pub statement: u64,
    /// Its place among the lines of the segment, counted from 0.
    pub index: usize,
    /// The audit path of RFC 6962, section 2.1.1: the hashes beside its way to the root, the lowest
    /// first.
    pub path: Vec<Digest>,
}

/// The first reason for which a proof does not hold.
#[derive(Debug, Error)]
pub enum BrokenProof {
    /// The file is no proof of this version.
    #[error("it is not a proof as this version writes them")]
    Form,
    /// There is no entry in it.
    #[error("there is no entry in it")]
    Empty,
    /// A statement is missing.
    #[error("statement {0} is missing")]
    NoStatement(u64),
    /// A statement is malformed.
    #[error("statement {0}: {1}")]
    Statement(u64, StatementError),
    /// The signature of a statement is not of this key.
    #[error("statement {0}: its signature is not of this key, or its text was altered")]
    Signature(u64),
    /// An entry is not in the segment that the statement is about.
    #[error("entry {0}: its path does not lead to the root that statement {1} has signed")]
    Path(usize, u64),
    /// An entry is of another request.
    #[error("entry {0}: it is of another request")]
    Foreign(usize),
    /// An entry fails a check.
    #[error("entry {0}: {1}")]
    Entry(usize, Defect),
}

impl BrokenProof {
    /// The kind of the finding.
    pub fn finding(&self) -> Finding {
        match self {
            Self::Form | Self::Statement(..) => Finding::Unreadable,
            Self::Empty | Self::NoStatement(_) => Finding::Missing,
            Self::Signature(_) | Self::Path(..) | Self::Foreign(_) => Finding::Altered,
            Self::Entry(_, defect) => defect.finding(),
        }
    }
}

/// Writes the proof of a request, from checkpoints that were verified. `None` if they have no entry
/// of it.
pub async fn prove(
    files: &impl RecordFiles,
    verified: &VerifiedCheckpoints,
    request: &RequestId,
) -> Result<Option<Proof>, BrokenCheckpoint> {
    let mut found: BTreeMap<u64, ProvenEntry> = BTreeMap::new();
    let mut statements = BTreeMap::new();
    for number in 1..=verified.newest {
        let file = read(files, &Statement::name_of(number)).await?;
        let signed =
            SignedStatement::read(&file).map_err(|error| BrokenCheckpoint::Form(number, error))?;
        let Some(name) = signed.statement.segment_name() else { continue };
        let packed = read(files, &name).await?;
        let text = unpacked(&packed).ok_or(BrokenCheckpoint::Segment(number, name))?;
        // Most segments have nothing of the request, and need no tree.
        if !text.contains(request.as_str()) {
            continue;
        }
        let lines: Vec<_> = text.split_terminator('\n').collect();
        let leaves: Vec<_> = lines.iter().map(|line| tree::leaf(line.as_bytes())).collect();
        for (index, line) in lines.iter().enumerate() {
            let Ok(entry) = line.parse::<RawEntry>() else { continue };
            if entry.history != HistoryId::Request(request.clone()) {
                continue;
            }
            let path = tree::path(&leaves, index).unwrap_or_default();
            let line = (*line).to_owned();
            let proven = ProvenEntry { line, statement: number, index, path };
            found.entry(entry.seq).or_insert(proven);
            statements.insert(number, signed.to_file());
        }
    }
    let (format, entries) = (FORMAT.to_owned(), found.into_values().collect::<Vec<_>>());
    let some = !entries.is_empty();
    Ok(some.then(|| Proof { format, request: request.clone(), entries, statements }))
}

impl Proof {
    /// Reads a file. `None` if it is something else, such as an export.
    pub fn read(text: &str) -> Option<Result<Self, BrokenProof>> {
        // An export is one document for each line, and none of them has a format of this name.
        let document: serde_json::Value = serde_json::from_str(text).ok()?;
        let is_proof = document.get("format").is_some_and(|format| format == FORMAT);
        is_proof.then(|| serde_json::from_value(document).map_err(|_| BrokenProof::Form))
    }

    /// Checks the proof with the public key alone. It proves that these entries are on record as they
    /// are here, and are a life that can be; not that there are no later ones.
    pub fn verify(&self, key: &PublicKey) -> Result<Verified, BrokenProof> {
        let mut lines = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            let number = index + 1;
            self.covers(number, entry, key)?;
            let line: RawEntry =
                entry.line.parse().map_err(|flaw| BrokenProof::Entry(number, Defect::Row(flaw)))?;
            if line.history != HistoryId::Request(self.request.clone()) {
                return Err(BrokenProof::Foreign(number));
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Err(BrokenProof::Empty);
        }
        verify_lines(lines).map_err(|BrokenRecord { row, flaw }| BrokenProof::Entry(row, flaw))
    }

    /// Checks that a signed statement covers an entry.
    fn covers(
        &self,
        number: usize,
        entry: &ProvenEntry,
        key: &PublicKey,
    ) -> Result<(), BrokenProof> {
        let of = entry.statement;
        let file = self.statements.get(&of).ok_or(BrokenProof::NoStatement(of))?;
        let signed = SignedStatement::read(file.as_bytes())
            .map_err(|error| BrokenProof::Statement(of, error))?;
        if !key.verifies(&signed.text, &signed.signature) || signed.statement.number != of {
            return Err(BrokenProof::Signature(of));
        }
        let leaf = tree::leaf(entry.line.as_bytes());
        let size = usize::try_from(signed.statement.lines).unwrap_or_default();
        let root = tree::root_of_path(leaf, entry.index, size, &entry.path);
        if root == Some(signed.statement.root) {
            Ok(())
        } else {
            Err(BrokenProof::Path(number, of))
        }
    }
}
