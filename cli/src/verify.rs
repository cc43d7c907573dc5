//! Checking an export of the audit record, offline.
//!
//! There are three checks, one after the other. Each row is as it was written, and follows the one
//! before it. The rows of each request tell a life that the domain allows, with approvers of its
//! steps. Each entry that relies on rules relies on a set that was in force at its time.

use std::collections::BTreeMap;

use domain::{
    history::{Chain, Flaw, HistoryId, Publication, RawEntry},
    request::{Entry, Event, Request, Unproven},
    value::{Basis, Digest, RequestId},
};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// Time before a set came into force, and after it was replaced, in which an entry may still rely
/// on it. Clocks of machines differ, and a decision relies on rules that were read a moment before
/// it.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The contents of an export that passes all checks.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// Number of events.
    pub events: usize,
    /// Number of requests.
    pub requests: usize,
    /// Number of events that are publications of the rules.
    pub publications: usize,
    /// Number of entries that rely on rules, if the export has no publication and so does not show
    /// whether those rules were in force. Otherwise 0.
    pub unplaced: usize,
}

/// The kind of a finding, by which a script tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// A part is not as it was written.
    Altered,
    /// A part that was there is not.
    Missing,
    /// A part cannot be read.
    Unreadable,
}

/// The first row of an export that fails a check.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("row {row}: {flaw}")]
pub struct BrokenRecord {
    /// The number of the row, counted from 1.
    pub row: usize,
    /// The defect.
    pub flaw: Defect,
}

/// A defect of a row.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Defect {
    /// The row is not as it was written, or is in another place.
    #[error(transparent)]
    Row(#[from] Flaw),
    /// The row is as it was written, but the domain does not allow it after those before it.
    #[error(transparent)]
    Life(#[from] Unproven),
    /// The row is of a kind that this version does not know, and so cannot check.
    #[error("{0}: this is an event of another version, `{1}`; verify with that version")]
    Unknown(HistoryId, String),
    /// The entry relies on rules that were not in force at its time.
    #[error("request {0}, entry {1}: it rests on rules {2}, which were not in force then")]
    Basis(RequestId, u64, String),
    /// The publication does not name the rules that were in force before it.
    #[error("publication {0} does not name the rules that were in force before it")]
    Succession(u64),
}

impl Defect {
    /// The kind of the finding.
    pub fn finding(&self) -> Finding {
        match self {
            Self::Row(Flaw::OutOfSequence { expected, found, .. }) if found > expected => {
                Finding::Missing
            }
            Self::Unknown(..) | Self::Row(Flaw::Unreadable) => Finding::Unreadable,
            Self::Row(_) | Self::Life(_) | Self::Basis(..) | Self::Succession(_) => {
                Finding::Altered
            }
        }
    }
}

/// Checks an export. The error names the first row that fails a check.
pub fn verify(export: &str) -> Result<Verified, BrokenRecord> {
    let mut lines = Vec::new();
    for (index, text) in export.split_terminator('\n').enumerate() {
        match text.parse() {
            Ok(line) => lines.push(line),
            Err(flaw) => {
                let (row, flaw) = (index + 1, Flaw::into(flaw));
                // A row before it may be broken as well, and is the first then.
                chained(lines)?;
                return Err(BrokenRecord { row, flaw });
            }
        }
    }
    verify_lines(lines)
}

/// Checks raw entries. Those of one history have to stand in its order.
pub fn verify_lines(lines: Vec<RawEntry>) -> Result<Verified, BrokenRecord> {
    let lines = chained(lines)?;
    let events = lines.len();
    let mut histories: BTreeMap<RequestId, Vec<(usize, Entry)>> = BTreeMap::new();
    let mut published: Vec<(usize, Publication)> = Vec::new();
    for (row, line) in lines {
        let unknown =
            || BrokenRecord { row, flaw: Defect::Unknown(line.history.clone(), line.kind.clone()) };
        match &line.history {
            HistoryId::Request(id) => {
                let entry = serde_json::from_str(line.as_str()).map_err(|_| unknown())?;
                histories.entry(id.clone()).or_default().push((row, entry));
            }
            HistoryId::Rules => {
                let read = serde_json::from_str(line.as_str()).map_err(|_| unknown())?;
                published.push((row, read));
            }
            HistoryId::Drift(_) => {}
        }
    }
    let reign = RulesPeriod::of(&published);
    let found = histories.values().flat_map(|life| [lived(life), reign.held(life)]);
    if let Some(first) = found.flatten().chain(reign.broken()).min_by_key(|broken| broken.row) {
        return Err(first);
    }
    let relied =
        histories.values().flatten().filter(|(_, entry)| entry.event.basis().is_some()).count();
    let unplaced = if published.is_empty() { relied } else { 0 };
    Ok(Verified { events, requests: histories.len(), publications: published.len(), unplaced })
}

/// Follows each chain through the export: those of the requests, that of the rules, and
/// those of drift. Rows are counted from 1.
fn chained(entries: Vec<RawEntry>) -> Result<Vec<(usize, RawEntry)>, BrokenRecord> {
    let mut chains: BTreeMap<HistoryId, Chain> = BTreeMap::new();
    let mut lines = Vec::new();
    for (index, line) in entries.into_iter().enumerate() {
        let row = index + 1;
        let broken = |flaw: Flaw| BrokenRecord { row, flaw: flaw.into() };
        let chain = chains.entry(line.history.clone()).or_insert_with(|| beginning(&line));
        *chain = chain.follow(&line).map_err(broken)?;
        lines.push((row, line));
    }
    Ok(lines)
}

/// The end of the chain before its first row in an export. Requests and drift are exported whole.
/// The history of the rules is older than most exports, and begins with the first publication in
/// it.
fn beginning(first: &RawEntry) -> Chain {
    match first.history {
        HistoryId::Request(_) | HistoryId::Drift(_) => Chain::START,
        HistoryId::Rules => Chain { seq: first.seq.saturating_sub(1), head: first.prev_hash },
    }
}

/// The first row of a request that the domain does not allow. None if the request can have
/// happened.
fn lived(life: &[(usize, Entry)]) -> Option<BrokenRecord> {
    let history: Vec<_> = life.iter().map(|(_, entry)| entry.clone()).collect();
    let unproven = Request::replay(&history).err()?;
    let seq = match &unproven {
        Unproven::Impossible(_, seq, _) | Unproven::Future(_, seq) => *seq,
        Unproven::NoBeginning | Unproven::Stored(_) | Unproven::Unreadable(_) => 1,
    };
    let row = life.iter().find(|(_, entry)| entry.seq == seq).map_or(0, |(row, _)| *row);
    Some(BrokenRecord { row, flaw: unproven.into() })
}

/// The sets of rules by the time at which each came into force.
struct RulesPeriod<'p> {
    published: &'p [(usize, Publication)],
}

impl<'p> RulesPeriod<'p> {
    fn of(published: &'p [(usize, Publication)]) -> Self {
        Self { published }
    }

    /// The first publication that does not name the set published before it.
    fn broken(&self) -> Option<BrokenRecord> {
        let pairs = self.published.iter().zip(self.published.iter().skip(1));
        let mut breaks =
            pairs.filter(|((_, one), (_, next))| next.event.previous != Some(one.rules));
        let (_, (row, next)) = breaks.next()?;
        Some(BrokenRecord { row: *row, flaw: Defect::Succession(next.seq) })
    }

    /// The first entry of a request that rests on rules that were not in force.
    fn held(&self, life: &[(usize, Entry)]) -> Option<BrokenRecord> {
        if self.published.is_empty() {
            return None;
        }
        // While no rules can be read, a requester gives back access under the rules of the request.
        let asked = life.iter().find_map(|(_, entry)| entry.event.basis())?.rule_set;
        life.iter().find_map(|(row, entry)| {
            let own = |rules| matches!(entry.event, Event::Revoking(_)) && rules == asked;
            let held =
                |basis: &&Basis| !own(basis.rule_set) && !self.in_force(basis.rule_set, entry.at);
            let basis = entry.event.basis().filter(held)?;
            let (id, seq, rules) = (entry.request.clone(), entry.seq, basis.rule_set.to_string());
            Some(BrokenRecord { row: *row, flaw: Defect::Basis(id, seq, rules) })
        })
    }

    /// Whether a set was in force at this time, give or take `SKEW`.
    fn in_force(&self, rules: Digest, at: Timestamp) -> bool {
        let before = self.published.first().and_then(|(_, first)| first.event.previous);
        let starts = self.published.iter().map(|(_, next)| (Some(next.rules), next.at));
        let starts: Vec<_> = [(before, Timestamp::MIN)].into_iter().chain(starts).collect();
        let ends = starts.iter().skip(1).map(|(_, at)| *at).chain([Timestamp::MAX]);
        starts.iter().zip(ends).any(|((set, from), to)| {
            let from = from.checked_sub(SKEW).unwrap_or(Timestamp::MIN);
            let to = to.checked_add(SKEW).unwrap_or(Timestamp::MAX);
            *set == Some(rules) && from <= at && at < to
        })
    }
}
