//! A check of managed policies some minutes after they were detached: a late call of ours may
//! have attached one again.

use domain::{
    grant::Attachment,
    history::{Actor, Drift, DriftEntry},
};
use jiff::Timestamp;

use super::Worker;
use crate::{
    Fault,
    ports::{Attachments, DriftLog, IamWrite, Store},
};

/// Attachments that one run checks at most: closings wait for it.
const MOST_CHECKED: usize = 50;

impl<S: Store + Attachments + DriftLog, I: IamWrite, R: Sync> Worker<'_, S, I, R> {
    /// Checks each policy that was detached lately, once: see [`Attachment::check_at`]. Returns
    /// those that a late call had attached again. They are recorded, and then detached once more.
    /// A policy that cannot be checked does not keep the others from their check; the first such
    /// fault is returned at the end.
    pub async fn check_detached(&self, now: Timestamp) -> Result<Vec<Drift>, Fault> {
        let (mut returned, mut gone, mut failed) = (Vec::new(), Vec::new(), None);
        let mut due = self.store.due_for_check(now).await?;
        // Attachments that cannot be checked stay due, so each minute begins with other ones.
        let minute = usize::try_from(now.as_second() / 60).unwrap_or_default();
        let first = minute.wrapping_mul(MOST_CHECKED).checked_rem(due.len());
        due.rotate_left(first.unwrap_or_default());
        for released in due.into_iter().take(MOST_CHECKED) {
            match self.has_returned(&released, now).await {
                Ok(true) => returned.push(released),
                Ok(false) => gone.push(released),
                Err(fault) => failed = failed.or(Some(fault)),
            }
        }
        let drift = |Attachment { principal, policy, .. }: &Attachment| Drift::Returned {
            on: principal.clone(),
            policy: policy.clone(),
        };
        let found: Vec<_> = returned.iter().map(drift).collect();
        if !found.is_empty() {
            self.store.record_drift(&DriftEntry::all(&found, now, &Actor::System)).await?;
        }
        for released in returned {
            match self.detach_unless_held(released.key()).await {
                Ok(()) => gone.push(released),
                Err(fault) => failed = failed.or(Some(fault)),
            }
        }
        for released in gone {
            // A grant that acquired it meanwhile has made this check needless.
            _ = self.store.record_attachment(&released.checked()).await?;
        }
        failed.map_or(Ok(found), Err)
    }
}
