//! The record of what we did in IAM: attachments and bars, and the drift that was found.

use std::future::Future;

use domain::{
    grant::{Attachment, AttachmentKey, Bars, Principal},
    history::DriftEntry,
};
use jiff::Timestamp;

use super::Committed;
use crate::Fault;

/// The record of attachments. A change is conditional on the version before it.
pub trait Attachments: BarsLog {
    /// One attachment. None if no grant ever held it, or its record was removed since.
    fn attachment(
        &self,
        key: AttachmentKey<'_>,
    ) -> impl Future<Output = Result<Option<Attachment>, Fault>> + Send;

    /// Records an attachment, unless it was changed since it was read. Its version is one more
    /// than the version that was read.
    fn record_attachment(
        &self,
        attachment: &Attachment,
    ) -> impl Future<Output = Result<Committed, Fault>> + Send;

    /// Attachments that were released and are due to be checked: see [`Attachment::check_at`].
    fn due_for_check(
        &self,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Attachment>, Fault>> + Send;

    /// All attachments: those that are held, and those released in the last days.
    fn attachments(&self) -> impl Future<Output = Result<Vec<Attachment>, Fault>> + Send;
}

/// The record of the bars on roles.
pub trait BarsLog: Sync {
    /// The bars of a role, never from a stale copy. None if there never were any.
    fn bars(&self, role: &Principal) -> impl Future<Output = Result<Option<Bars>, Fault>> + Send;

    /// Records the bars of a role, unless they were changed since they were read. Their version
    /// is one more than the version that was read.
    fn record_bars(&self, bars: &Bars) -> impl Future<Output = Result<Committed, Fault>> + Send;
}

/// The record of drift.
pub trait DriftLog: Sync {
    /// Records the drift that one comparison found, in its order.
    fn record_drift(
        &self,
        entries: &[DriftEntry],
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}
