//! Making checkpoints: the new entries of the audit record, in a segment and a signed statement.

use std::collections::HashSet;

use domain::{
    checkpoint::{Segment, SignedStatement, Statement, unpacked},
    history::RawEntry,
    value::Digest,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    Fault,
    ports::{Arrivals, Arrived, Checkpoints, Committed, Signer},
};

/// Most entries in one checkpoint.
const MOST_LINES: usize = 10_000;

/// Time after which a checkpoint is made although nothing has arrived, so that a gap is noticed.
const HEARTBEAT: SignedDuration = SignedDuration::from_hours(1);

/// Time before the end of the newest checkpoint that is looked at again: the index lags behind the
/// table for a moment, so that checkpoint may have missed entries.
const OVERLAP: SignedDuration = SignedDuration::from_mins(30);

/// That time, if the newest checkpoint is of an earlier day (UTC), in case the index lagged for longer.
const DAILY_OVERLAP: SignedDuration = SignedDuration::from_hours(26);

/// Attempts to put a statement while others put theirs.
const ATTEMPTS: usize = 5;

/// The maker of checkpoints of one log.
#[derive(Debug)]
pub struct Checkpointer<'p, A, C, S> {
    /// The audit record.
    pub record: &'p A,
    /// The bucket.
    pub checkpoints: &'p C,
    /// The key.
    pub signer: &'p S,
    /// The name of the log, which each statement has.
    pub log: &'p str,
}

/// The outcome of one attempt to make a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpointed {
    /// No entry has arrived, and the newest checkpoint is young.
    Nothing,
    /// A checkpoint was made.
    Made {
        /// Its number.
        number: u64,
        /// The number of its lines. If it is the most that one checkpoint holds, there may be more.
        lines: usize,
    },
}

impl Checkpointed {
    /// Whether more entries may wait for the next checkpoint.
    pub fn is_full(self) -> bool {
        matches!(self, Self::Made { lines: MOST_LINES, .. })
    }
}

impl<A: Arrivals, C: Checkpoints, S: Signer> Checkpointer<'_, A, C, S> {
    /// Makes the next checkpoint, if an entry has arrived since the last one, or if the last one is
    /// an hour old, or if there is none.
    ///
    /// The segment is put before the statement. A checkpoint that is cut short in between leaves a
    /// segment that no statement names. If two are made at once, one of the two finds its number
    /// taken, and begins again.
    pub async fn checkpoint(&self, now: Timestamp) -> Result<Checkpointed, Fault> {
        for _ in 0..ATTEMPTS {
            let newest = self.newest().await?;
            let mut new = self.new_since(newest.as_ref(), now).await?;
            let rested = |last: &SignedStatement| last.statement.at.duration_until(now);
            if new.is_empty() && newest.as_ref().is_some_and(|last| rested(last) < HEARTBEAT) {
                return Ok(Checkpointed::Nothing);
            }
            let full = new.len() > MOST_LINES;
            new.truncate(MOST_LINES);
            let through = new.last().filter(|_| full).map_or(now, |last| last.at);
            let before = newest.as_ref().map_or(Timestamp::MIN, |last| last.statement.through);
            let segment = Segment::of(new.into_iter().map(|arrived| arrived.line).collect());
            let packed = segment.packed();
            let statement = Statement::after(newest.as_ref(), self.log, self.signer.key(), now)
                .covering(&segment, &packed, through.max(before));
            let (number, lines) = (statement.number, segment.lines().len());
            if let Some(name) = statement.segment_name() {
                // A file of this name has these bytes: its digest is in the name.
                _ = self.checkpoints.put(&name, packed).await?;
            }
            let signature = self.signer.sign(&statement.text()).await?;
            let file = SignedStatement::new(statement, signature).to_file();
            let name = Statement::name_of(number);
            match self.checkpoints.put(&name, file.into_bytes()).await? {
                Committed::Done => return Ok(Checkpointed::Made { number, lines }),
                Committed::Lost => {}
            }
        }
        Err(Fault::new("make checkpoint", "others make them again and again"))
    }

    async fn newest(&self) -> Result<Option<SignedStatement>, Fault> {
        match self.checkpoints.newest().await? {
            Some(number) => self.statement(number).await.map(Some),
            None => Ok(None),
        }
    }

    async fn statement(&self, number: u64) -> Result<SignedStatement, Fault> {
        let name = Statement::name_of(number);
        let file = self.checkpoints.file(&name).await?;
        let file = file.ok_or_else(|| Fault::new("read statement", "it is missing").on(&name))?;
        SignedStatement::read(&file).map_err(|error| Fault::new("read statement", error).on(name))
    }

    /// The entries that are in no checkpoint yet, in order of arrival.
    async fn new_since(
        &self,
        newest: Option<&SignedStatement>,
        now: Timestamp,
    ) -> Result<Vec<Arrived>, Fault> {
        let Some(newest) = newest else { return self.record.arrived(None, now).await };
        let last = &newest.statement;
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        // After a full checkpoint, what that one had no room for may be as old as what it had.
        let full = usize::try_from(last.lines).is_ok_and(|lines| lines >= MOST_LINES);
        let young = day(last.at) == day(now) && !full;
        let overlap = if young { OVERLAP } else { DAILY_OVERLAP };
        let after = last.through.checked_sub(overlap).unwrap_or(Timestamp::MIN);
        let covered = self.covered_since(last, after).await?;
        let mut new = self.record.arrived(Some(after), now).await?;
        new.retain(|arrived| !covered.contains(&name_of(&arrived.line)));
        Ok(new)
    }

    /// The entries in all checkpoints that may hold one that arrived after this time, by digest.
    async fn covered_since(
        &self,
        newest: &Statement,
        after: Timestamp,
    ) -> Result<HashSet<Digest>, Fault> {
        let mut covered = HashSet::new();
        let mut statement = newest.clone();
        // The statement whose end is not after `after` may hold late entries, but none that arrived
        // after its end.
        while statement.through > after {
            if let Some(name) = statement.segment_name() {
                let packed = self.checkpoints.file(&name).await?;
                let text = packed.and_then(|packed| unpacked(&packed)).ok_or_else(|| {
                    Fault::new("read segment", "it is missing or unreadable").on(&name)
                })?;
                covered.extend(text.lines().map(|line| Digest::plain(line.as_bytes())));
            }
            match statement.number.checked_sub(1) {
                Some(0) | None => break,
                Some(number) => statement = self.statement(number).await?.statement,
            }
        }
        Ok(covered)
    }
}

fn name_of(line: &RawEntry) -> Digest {
    Digest::plain(line.as_str().as_bytes())
}
