//! Attachments, bars and drift on record.

use std::collections::BTreeSet;

use domain::{
    grant::{Attachment, AttachmentKey, Bars, Principal},
    history::DriftEntry,
};
use jiff::Timestamp;
use service::{
    Fault,
    ports::{Attachments, BarsLog, Committed, DriftLog},
};

use crate::World;

impl Attachments for World {
    async fn attachment(&self, key: AttachmentKey<'_>) -> Result<Option<Attachment>, Fault> {
        let key = (key.principal.clone(), key.policy.clone());
        self.step(|inner| inner.attachments.get(&key).cloned())
    }

    async fn record_attachment(&self, attachment: &Attachment) -> Result<Committed, Fault> {
        let key = (attachment.principal.clone(), attachment.policy.clone());
        self.step(|inner| {
            if inner.faster.as_ref().is_some_and(|faster| faster.key() == attachment.key())
                && let Some(faster) = inner.faster.take()
            {
                inner.attachments.insert(key.clone(), faster);
            }
            let version = inner.attachments.get(&key).map_or(0, |known| known.version);
            if attachment.version != version + 1 {
                return Committed::Lost;
            }
            inner.attachments.insert(key, attachment.clone());
            Committed::Done
        })
    }

    async fn due_for_check(&self, now: Timestamp) -> Result<Vec<Attachment>, Fault> {
        let is_due = |attachment: &&Attachment| attachment.check_at().is_some_and(|at| at <= now);
        self.step(|inner| inner.attachments.values().filter(is_due).cloned().collect())
    }

    async fn attachments(&self) -> Result<Vec<Attachment>, Fault> {
        self.step(|inner| inner.attachments.values().cloned().collect())
    }
}

impl DriftLog for World {
    async fn record_drift(&self, entries: &[DriftEntry]) -> Result<(), Fault> {
        let place = |entry: &DriftEntry| (entry.drift, entry.seq);
        let saw = self.step(|inner| {
            let taken: BTreeSet<_> = inner.drift.iter().map(place).collect();
            let new = !entries.iter().map(place).any(|place| taken.contains(&place));
            if new {
                inner.drift.extend_from_slice(entries);
            }
            new
        })?;
        if saw { Ok(()) } else { Err(Fault::new("record what was found", "its place is taken")) }
    }
}

impl BarsLog for World {
    async fn bars(&self, role: &Principal) -> Result<Option<Bars>, Fault> {
        self.step(|inner| inner.bars.get(role).cloned())
    }

    async fn record_bars(&self, bars: &Bars) -> Result<Committed, Fault> {
        self.step(|inner| {
            let known = inner.bars.get(&bars.on).map_or(0, |known| known.version);
            if known + 1 != bars.version {
                return Committed::Lost;
            }
            inner.bars.insert(bars.on.clone(), bars.clone());
            Committed::Done
        })
    }
}
