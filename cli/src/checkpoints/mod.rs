//! Checking the checkpoints of the audit record, offline, with the public key alone.
//!
//! The statements are followed from the first to the newest: each is signed, has the next number,
//! and names the one before it. Each segment is the one that was signed. So no entry is altered,
//! and none is missing. Then all entries together have to pass the checks of an export: see
//! [`crate::verify`].

mod files;
mod key;
mod proof;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    checkpoint::{SignedStatement, Statement, StatementError, root_of, unpacked},
    history::{Flaw, HistoryId, RawEntry},
    value::Digest,
};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

pub use files::{Folder, RecordFiles};
pub use key::{PublicKey, pem_of};
pub use proof::{BrokenProof, Proof, ProvenEntry, prove};
pub use table::{BrokenTable, compare};

use crate::verify::{BrokenRecord, Defect, Finding, Verified, verify_lines};

/// The longest time between two statements. One is made each hour, even if nothing arrived, and late
/// by some minutes at most.
const LONGEST_GAP: SignedDuration = SignedDuration::from_mins(75);

/// The contents of checkpoints that pass all checks.
#[derive(Debug, PartialEq, Eq)]
pub struct VerifiedCheckpoints {
    /// The number of the newest statement.
    pub newest: u64,
    /// The time up to which all entries are covered.
    pub through: Timestamp,
    /// The entries.
    pub entries: Verified,
    /// Times in which no statement was made, though one is made each hour: the number of the statement
    /// before, its time, and that of the next. Everything else about them was checked.
    pub gaps: Vec<(u64, Timestamp, Timestamp)>,
    /// Entries that are in an earlier checkpoint already, byte for byte: the checkpoint, the line, and
    /// the earlier checkpoint. Their rows were deleted from the table, and copied again.
    pub again: Vec<(u64, usize, u64)>,
    /// The digests of all entries.
    pub covered: BTreeSet<Digest>,
    /// Files that no statement names: checkpoints that were cut short, or files of somebody else.
    pub strays: Vec<String>,
}

/// The first reason for which checkpoints do not verify.
#[derive(Debug, Error)]
pub enum BrokenCheckpoint {
    /// A file cannot be read at all.
    #[error("{0} cannot be read: {1}")]
    File(String, String),
    /// There is no statement.
    #[error("there is no statement here")]
    Empty,
    /// A statement is missing, though a later one is there.
    #[error("statement {0} is missing")]
    NoStatement(u64),
    /// The file is not a statement.
    #[error("statement {0}: {1}")]
    Form(u64, StatementError),
    /// Another number stands in the statement than in the name of its file.
    #[error("the file of statement {0} holds statement {1}")]
    Number(u64, u64),
    /// The signature is not of this key.
    #[error("statement {0}: its signature is not of this key, or its text was altered")]
    Signature(u64),
    /// It is of another deployment than the first.
    #[error("statement {0} is about another deployment, {1}")]
    Log(u64, String),
    /// It does not name the statement before it.
    #[error(
        "statement {0} does not follow the statement before it: one of the two is not of this chain"
    )]
    Fork(u64),
    /// Its times or counts do not follow those of the statement before it.
    #[error("statement {0}: its times and counts do not follow those of the statement before it")]
    Order(u64),
    /// More time has passed since the statement before than ever should.
    #[error("between statements {0} and {next}, from {1} to {2}, none was made", next = .0 + 1)]
    Gap(u64, Timestamp, Timestamp),
    /// The newest statement is too old.
    #[error(
        "statement {0} of {1} is the newest, and there should be one each hour: later ones are missing"
    )]
    Stale(u64, Timestamp),
    /// The segment is missing.
    #[error("statement {0}: its segment {1} is missing")]
    NoSegment(u64, String),
    /// The segment is not the one that was signed.
    #[error("statement {0}: its segment {1} is not the one that was signed")]
    Segment(u64, String),
    /// An entry fails a check.
    #[error("checkpoint {0}, line {1}: {2}")]
    Entry(u64, usize, Defect),
}

impl BrokenCheckpoint {
    /// The kind of the finding.
    pub fn finding(&self) -> Finding {
        match self {
            Self::File(..) | Self::Form(..) => Finding::Unreadable,
            Self::Empty
            | Self::NoStatement(_)
            | Self::Gap(..)
            | Self::Stale(..)
            | Self::NoSegment(..) => Finding::Missing,
            Self::Number(..)
            | Self::Signature(_)
            | Self::Log(..)
            | Self::Fork(_)
            | Self::Order(_)
            | Self::Segment(..) => Finding::Altered,
            Self::Entry(_, _, defect) => defect.finding(),
        }
    }
}

/// A line of a segment, and the statement that covers it.
struct Line {
    statement: u64,
    /// Its number in the segment, counted from 1.
    row: usize,
    entry: RawEntry,
}

/// Checks all checkpoints. `now` is the time up to which they should reach.
pub async fn verify(
    files: &impl RecordFiles,
    key: &PublicKey,
    now: Timestamp,
) -> Result<VerifiedCheckpoints, BrokenCheckpoint> {
    let names = files.names().await.map_err(|error| unread("the list of files", &error))?;
    let newest = names.iter().filter_map(|name| number_of(name)).max();
    let newest = newest.ok_or(BrokenCheckpoint::Empty)?;
    let (mut strays, mut lines, mut gaps) = (names.clone(), Vec::new(), Vec::new());
    let mut before: Option<SignedStatement> = None;
    for number in 1..=newest {
        let name = Statement::name_of(number);
        if !strays.remove(&name) {
            return Err(BrokenCheckpoint::NoStatement(number));
        }
        let file = read(files, &name).await?;
        let signed =
            SignedStatement::read(&file).map_err(|error| BrokenCheckpoint::Form(number, error))?;
        follows(before.as_ref(), number, &signed, key)?;
        if let Some(SignedStatement { statement: before, .. }) = &before
            && before.at.duration_until(signed.statement.at) > LONGEST_GAP
        {
            gaps.push((before.number, before.at, signed.statement.at));
        }
        if let Some(segment) = signed.statement.segment_name() {
            if !strays.remove(&segment) {
                return Err(BrokenCheckpoint::NoSegment(number, segment));
            }
            let packed = read(files, &segment).await?;
            lines.extend(lines_of(&signed.statement, &segment, &packed)?);
        }
        before = Some(signed);
    }
    let last = before.ok_or(BrokenCheckpoint::Empty)?.statement;
    if last.at.duration_until(now) > LONGEST_GAP {
        return Err(BrokenCheckpoint::Stale(last.number, last.at));
    }
    let again = drop_doubled(&mut lines);
    let covered = lines.iter().map(|line| digest_of(line.entry.as_str())).collect();
    let entries = checked(lines)?;
    Ok(VerifiedCheckpoints {
        newest: last.number,
        through: last.through,
        entries,
        gaps,
        again,
        covered,
        strays: strays.into_iter().collect(),
    })
}

async fn read(files: &impl RecordFiles, name: &str) -> Result<Vec<u8>, BrokenCheckpoint> {
    files.read(name).await.map_err(|error| unread(name, &error))
}

fn unread(name: &str, error: &anyhow::Error) -> BrokenCheckpoint {
    BrokenCheckpoint::File(name.to_owned(), format!("{error:#}"))
}

/// Checks one statement against the one before it.
fn follows(
    before: Option<&SignedStatement>,
    number: u64,
    signed: &SignedStatement,
    key: &PublicKey,
) -> Result<(), BrokenCheckpoint> {
    let statement = &signed.statement;
    // The signature comes first: what is not signed says nothing.
    if !key.verifies(&signed.text, &signed.signature) {
        return Err(BrokenCheckpoint::Signature(number));
    }
    if statement.number != number {
        return Err(BrokenCheckpoint::Number(number, statement.number));
    }
    if statement.previous != before.map_or(Digest::ZERO, SignedStatement::digest) {
        return Err(BrokenCheckpoint::Fork(number));
    }
    let before = before.map(|before| &before.statement);
    if before.is_some_and(|before| before.log != statement.log) {
        return Err(BrokenCheckpoint::Log(number, statement.log.clone()));
    }
    let total = before.map_or(0, |before| before.total).checked_add(statement.lines);
    let backwards =
        before.is_some_and(|before| statement.at < before.at || statement.through < before.through);
    if total != Some(statement.total)
        || backwards
        || statement.segment.is_some() != (statement.lines > 0)
    {
        return Err(BrokenCheckpoint::Order(number));
    }
    Ok(())
}

/// The lines of a segment, if it is the one that was signed.
fn lines_of(
    statement: &Statement,
    name: &str,
    packed: &[u8],
) -> Result<Vec<Line>, BrokenCheckpoint> {
    let altered = || BrokenCheckpoint::Segment(statement.number, name.to_owned());
    if statement.segment != Some(Digest::plain(packed)) {
        return Err(altered());
    }
    let text = unpacked(packed).ok_or_else(altered)?;
    let count = u64::try_from(text.split_terminator('\n').count()).ok();
    if count != Some(statement.lines) || root_of(text.split_terminator('\n')) != statement.root {
        return Err(altered());
    }
    let lines = text.split_terminator('\n').enumerate().map(|(index, line)| {
        let (statement, row) = (statement.number, index + 1);
        let entry = line.parse();
        let entry =
            entry.map_err(|flaw| BrokenCheckpoint::Entry(statement, row, Defect::Row(flaw)))?;
        Ok(Line { statement, row, entry })
    });
    lines.collect()
}

/// Drops each line that is in an earlier checkpoint already, byte for byte, and returns the places
/// of both.
fn drop_doubled(lines: &mut Vec<Line>) -> Vec<(u64, usize, u64)> {
    let (mut first, mut again) = (BTreeMap::new(), Vec::new());
    lines.retain(|line| {
        let digest = digest_of(line.entry.as_str());
        let of = *first.entry(digest).or_insert((line.statement, line.row));
        let new = of == (line.statement, line.row);
        if !new {
            again.push((line.statement, line.row, of.0));
        }
        new
    });
    again
}

/// Checks all entries together. A late entry may be in a later checkpoint than those after it, so
/// they are brought into the order of their histories first.
fn checked(mut lines: Vec<Line>) -> Result<Verified, BrokenCheckpoint> {
    lines.sort_by(|one, other| {
        let place = |line: &Line| (line.entry.history.clone(), line.entry.seq);
        place(one).cmp(&place(other))
    });
    // An export may begin later than the rules do. The checkpoints may not.
    let rules = lines.iter().find(|line| line.entry.history == HistoryId::Rules);
    if let Some(Line { statement, row, entry }) = rules.filter(|line| line.entry.seq != 1) {
        let (history, expected, found) = (entry.history.clone(), 1, entry.seq);
        let flaw = Flaw::OutOfSequence { history, expected, found };
        return Err(BrokenCheckpoint::Entry(*statement, *row, Defect::Row(flaw)));
    }
    let places: Vec<_> = lines.iter().map(|line| (line.statement, line.row)).collect();
    let entries = lines.into_iter().map(|line| line.entry).collect();
    verify_lines(entries).map_err(|BrokenRecord { row, flaw }| {
        let place = row.checked_sub(1).and_then(|index| places.get(index));
        let (statement, line) = place.copied().unwrap_or_default();
        BrokenCheckpoint::Entry(statement, line, flaw)
    })
}

/// The digest of a line, by which the table and the checkpoints are compared.
fn digest_of(line: &str) -> Digest {
    Digest::plain(line.as_bytes())
}

/// The number of a statement, by the name of its file. `None` for a segment.
fn number_of(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".statement")?.rsplit_once('/')?.1.parse().ok()?;
    (Statement::name_of(number) == name).then_some(number)
}
