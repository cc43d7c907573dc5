//! Repairs drift: it is recorded first, then undone in IAM.

use domain::{
    grant::{AttachmentKey, Bars, PolicyDocument, Principal},
    history::{Drift, DriftEntry},
    value::RequestId,
};
use jiff::Timestamp;

use super::{Comparison, DriftReport, Mode, records::Records};
use crate::{
    Error, Fault,
    grants::expected_in_iam,
    ports::{Attachments, DriftLog, IamWrite, Inventory, Mark, OwnPolicy, Rulebook, Store},
    proof::proven,
    worker::Worker,
};

impl<S: Store + Attachments + DriftLog, I: IamWrite, R: Rulebook> Worker<'_, S, I, R> {
    /// Records and repairs the drift of a comparison, or only reports it.
    pub(super) async fn handle(
        &self,
        Comparison { inventory, records, drift }: Comparison<'_>,
        mode: Mode,
        now: Timestamp,
    ) -> Result<DriftReport, Fault> {
        let found: Vec<_> = drift.into_iter().collect();
        let mut report = DriftReport { found, ..DriftReport::default() };
        if let (Mode::Repair(actor), false) = (mode, report.found.is_empty()) {
            self.store.record_drift(&DriftEntry::all(&report.found, now, &actor)).await?;
            for drift in &report.found {
                if let Err(fault) = self.repair(drift, &inventory, &records, now).await {
                    report.failed.push((drift.clone(), fault));
                }
            }
        }
        Ok(report)
    }

    async fn repair(
        &self,
        drift: &Drift,
        inventory: &Inventory,
        records: &Records<'_>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        match drift {
            Drift::Leftover { on, policy, .. } => self.iam.delete_policy(on, policy).await,
            Drift::Edited { on, policy, request } => match own_policy(inventory, on, policy) {
                Some(found) => self.restore(found, request, now).await,
                None => Ok(()),
            },
            Drift::Unheld { on, policy, request } => {
                let key = AttachmentKey { principal: on, policy };
                self.release(key, request, now).await?;
                self.release_mark(key, request, inventory, records).await
            }
            Drift::Unbarred { request, .. } => match records.requests.get(request) {
                Some(known) => self.bar(known).await,
                None => Ok(()),
            },
            Drift::Bars { on, policy } => {
                let there = own_policy(inventory, on, policy);
                let there = there.and_then(|found| PolicyDocument::barred_by(&found.document));
                let there = there.unwrap_or_default();
                let barred = records.barred(on, &there);
                // A request may have been barred since IAM was listed. Only bars that were listed
                // and should not stand are removed.
                let wanted = |bars: &Bars| {
                    let others = bars.barred.iter().filter(|id| !there.contains(*id));
                    others.chain(&barred).cloned().collect()
                };
                self.change_bars(on, |bars| bars.exactly(&wanted(bars))).await
            }
            Drift::Missing { .. } | Drift::Unproven { .. } => Ok(()),
            Drift::Returned { on, policy } => {
                self.detach_unless_held(AttachmentKey { principal: on, policy }).await
            }
        }
    }

    /// Writes an edited policy again, or deletes it if its grant may not be open. If IAM does not
    /// take the policy, or not from us, the edited one must not stay either: it is deleted, and
    /// that is a fault, because access is lost.
    async fn restore(
        &self,
        found: &OwnPolicy,
        request: &RequestId,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let OwnPolicy { on, name, .. } = found;
        let Some(document) = self.still_open(found, request, now).await? else {
            return self.iam.delete_policy(on, name).await;
        };
        let put = self.iam.put_policy(on, name, &document).await;
        match put.and_then(|applied| applied.or_fault("put back policy", name)) {
            Ok(()) => {}
            // The next look tries again, soon.
            Err(fault) if fault.is_throttled() => return Err(fault),
            Err(fault) => {
                self.iam.delete_policy(on, name).await?;
                return Err(fault);
            }
        }
        // The request may have been closed meanwhile.
        let known = self.store.load(request).await?;
        if known.is_some_and(|known| known.state().open_window().is_some()) {
            return Ok(());
        }
        self.iam.delete_policy(on, name).await
    }

    /// The document of a policy whose grant may be open. None if the grant may not be open, or
    /// the rules cannot be read.
    async fn still_open(
        &self,
        found: &OwnPolicy,
        request: &RequestId,
        now: Timestamp,
    ) -> Result<Option<String>, Fault> {
        let proven = match proven(self.store, request, now).await {
            Ok(proven) => proven,
            Err(Error::Fault(fault)) => return Err(fault),
            Err(_) => return Ok(None),
        };
        let Ok(rules) = self.rules.current().await else { return Ok(None) };
        // They refuse a request that was closed since IAM was listed.
        let leave = rules.may_open(&proven).ok();
        Ok(leave.and_then(|leave| {
            expected_in_iam(self.iam.deployment(), leave.request(), leave.window(), found)
        }))
    }

    /// Deletes the mark of a grant that is not live, and detaches its policy unless the
    /// attachment has to stay.
    async fn release_mark(
        &self,
        key: AttachmentKey<'_>,
        request: &RequestId,
        inventory: &Inventory,
        records: &Records<'_>,
    ) -> Result<(), Fault> {
        let marked = inventory.marks.iter().any(|(there, id, mark)| {
            there == key.principal && id == request && mark.policy == *key.policy
        });
        if marked {
            self.reclaim(key).await?;
        }
        // A mark counts more than a record that took the policy for preexisting.
        let known = self.store.attachment(key).await?.filter(|_| !marked);
        let stays = is_marked_for_others(inventory, records, key)
            || known.is_some_and(|known| known.has_to_stay());
        if !stays {
            self.detach_unless_held(key).await?;
        }
        self.iam.unmark(key.principal, request).await
    }
}

fn own_policy<'i>(inventory: &'i Inventory, on: &Principal, name: &str) -> Option<&'i OwnPolicy> {
    inventory.policies.iter().find(|found| found.on == *on && found.name == name)
}

/// Whether the mark of a live or unreadable request names this attachment.
fn is_marked_for_others(
    inventory: &Inventory,
    records: &Records<'_>,
    key: AttachmentKey<'_>,
) -> bool {
    let here = |(there, _, mark): &&(Principal, RequestId, Mark)| {
        there == key.principal && mark.policy == *key.policy
    };
    let mut marks = inventory.marks.iter().filter(here);
    marks.any(|(_, id, _)| records.holds(id, key.policy) || records.unread.contains(id))
}
