//! Managed policies, which grants attach and hold together: see [`Attachment`].

use std::collections::BTreeSet;

use domain::{
    grant::{Attachment, AttachmentKey, PolicyArn, Presence, Principal, Release},
    request::Request,
    value::RequestId,
};
use jiff::Timestamp;
use rules::judge::MayOpen;

use super::Needed;
use crate::{
    Fault,
    ports::{Applied, Attachments, Committed, IamRead, IamWrite, Mark, Quotas, Store},
    worker::Worker,
};

/// Attempts to record a change of an attachment while others change it.
const ATTEMPTS: usize = 8;

impl<S: Store + Attachments, I: IamWrite, R: Sync> Worker<'_, S, I, R> {
    /// Makes the grant a holder of the attachment, and attaches the policy unless it was there
    /// before us. The record comes first, then the mark in IAM, then the policy.
    pub(super) async fn ensure_managed_policy(
        &self,
        leave: MayOpen<'_>,
        on: &Principal,
        policy: &PolicyArn,
        now: Timestamp,
    ) -> Result<Applied, Fault> {
        let (request, window) = (leave.request(), leave.window());
        if let Err(cause) = self.identified(request, on).await? {
            return Ok(Applied::Impossible(cause));
        }
        let key = AttachmentKey { principal: on, policy };
        if !self.acquire(key, request, now).await?.is_ours() {
            return Ok(Applied::Done);
        }
        let mark = Mark { policy: policy.clone(), ends_at: window.ends_at() };
        let marked = self.iam.mark(on, request.id(), &mark).await?;
        let applied = match marked {
            Applied::Done => self.iam.attach(on, policy).await?,
            Applied::Impossible(_) => marked,
        };
        if applied == Applied::Done && !self.iam.shows_attached(on, policy).await? {
            return Err(Fault::new("see attached policy", "IAM does not show it yet").on(policy));
        }
        Ok(applied)
    }

    /// Releases the attachment. A principal that is gone has nothing attached.
    pub(super) async fn remove_managed_policy(
        &self,
        request: &Request,
        on: &Principal,
        policy: &PolicyArn,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let key = AttachmentKey { principal: on, policy };
        match self.release(key, request.id(), now).await {
            Err(fault) if fault.is_not_permitted() => self.unless_gone(request, on, fault).await,
            released => released,
        }
    }

    /// Removes the policy from a user who was renamed. The mark moved with the user, and says
    /// that this grant attached the policy. The policy stays while another grant of the same user
    /// holds it, under the old name or the new one. The mark of this grant is deleted in any case.
    pub(super) async fn remove_managed_policy_from(
        &self,
        renamed: &Principal,
        on: &Principal,
        policy: &PolicyArn,
        request: &Request,
    ) -> Result<(), Fault> {
        if !self.iam.is_marked(renamed, request.id()).await? {
            return Ok(());
        }
        let before = self.store.attachment(AttachmentKey { principal: on, policy }).await?;
        let held = match before.filter(Attachment::is_held) {
            Some(before) => {
                let strangers = self.strangers(&before, request).await?;
                before.holders().any(|holder| !strangers.contains(holder))
            }
            None => false,
        };
        let key = AttachmentKey { principal: renamed, policy };
        self.reclaim(key).await?;
        if !held {
            self.detach_unless_held(key).await?;
        }
        self.iam.unmark(renamed, request.id()).await
    }

    /// Counts an attachment as ours, because a mark says that we made it. A grant that acquired it
    /// under another name of its user, or while its record was lost, took it for preexisting: from
    /// now on that grant holds it.
    pub(crate) async fn reclaim(&self, key: AttachmentKey<'_>) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let known = self.store.attachment(key).await?;
            let Some(ours) = known.as_ref().and_then(Attachment::reclaim) else { return Ok(()) };
            if self.store.record_attachment(&ours).await? == Committed::Done {
                return Ok(());
            }
        }
        Err(Fault::new("reclaim managed policy", "others change it again and again").on(key.policy))
    }

    /// The holders of an attachment whose requests are for another principal than this request: an
    /// earlier or a later one of the same name.
    async fn strangers(
        &self,
        known: &Attachment,
        request: &Request,
    ) -> Result<BTreeSet<RequestId>, Fault> {
        let Some(own) = request.terms().unique_id.as_ref() else { return Ok(BTreeSet::new()) };
        let mut strangers = BTreeSet::new();
        for holder in known.holders().filter(|holder| *holder != request.id()) {
            let other = self.store.load(holder).await?;
            if other.is_some_and(|other| other.terms().is_replaced_by(own)) {
                strangers.insert(holder.clone());
            }
        }
        Ok(strangers)
    }

    /// Releases the attachment; the last holder detaches the policy.
    pub(crate) async fn release(
        &self,
        key: AttachmentKey<'_>,
        id: &RequestId,
        now: Timestamp,
    ) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let known = self.store.attachment(key).await?;
            let Some((after, release)) = known.as_ref().and_then(|known| known.release(id, now))
            else {
                return self.detach_late_attachment(id, known, now).await;
            };
            if release == Release::Nothing {
                // The mark goes before the record: once the record says that this grant holds
                // nothing, nobody comes back to delete the mark.
                self.unmark(key.principal, id).await?;
            }
            if known.as_ref() != Some(&after)
                && self.store.record_attachment(&after).await? == Committed::Lost
            {
                continue;
            }
            if release == Release::Detach {
                self.detach_released(id, after, now).await?;
            }
            return Ok(());
        }
        Err(Fault::new("release managed policy", "others change it again and again").on(key.policy))
    }

    /// Detaches a policy that a late call of ours has attached again, if no grant holds it.
    async fn detach_late_attachment(
        &self,
        id: &RequestId,
        known: Option<Attachment>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let Some(released) = known.filter(|known| known.recently_detached(now)) else {
            return Ok(());
        };
        if self.presence(released.key()).await? == Presence::Attached {
            self.detach_unless_held(released.key()).await?;
        }
        self.unmark(&released.principal, id).await
    }

    /// Detaches a policy that its last holder has released. A delivery and a sweep may both do
    /// this: the second one finds the policy detached, or held again by another grant.
    async fn detach_released(
        &self,
        id: &RequestId,
        releasing: Attachment,
        now: Timestamp,
    ) -> Result<(), Fault> {
        if let Err(fault) = self.detach_unless_held(releasing.key()).await {
            // If we may not detach it, we could not attach it either, unless it is there.
            if !fault.is_not_permitted() {
                return Err(fault);
            }
            if self.presence(releasing.key()).await? == Presence::Attached {
                return Err(Fault::new("detach managed policy that is attached,", fault)
                    .on(&releasing.policy));
            }
        }
        self.unmark(&releasing.principal, id).await?;
        // A worker that was faster has recorded the same.
        _ = self.store.record_attachment(&releasing.detached(now)).await?;
        Ok(())
    }

    /// Detaches a policy that no grant holds. If a grant acquires it between our check and our
    /// call, the policy is attached again.
    pub(crate) async fn detach_unless_held(&self, key: AttachmentKey<'_>) -> Result<(), Fault> {
        let held = async || {
            let known = self.store.attachment(key).await?;
            Ok::<_, Fault>(known.is_some_and(|known| known.is_ours()))
        };
        if held().await? {
            return Ok(());
        }
        self.iam.detach(key.principal, key.policy).await?;
        if held().await? {
            let applied = self.iam.attach(key.principal, key.policy).await?;
            applied.or_fault("attach again managed policy", key.policy)?;
        }
        Ok(())
    }

    /// Deletes a mark. A refusal of AWS is ignored: if we may not delete the mark, we could not
    /// write it either.
    async fn unmark(&self, on: &Principal, id: &RequestId) -> Result<(), Fault> {
        match self.iam.unmark(on, id).await {
            Err(fault) if fault.is_not_permitted() => Ok(()),
            unmarked => unmarked,
        }
    }

    /// Whether a late call of ours has attached the released policy again.
    pub(crate) async fn has_returned(
        &self,
        released: &Attachment,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        Ok(released.recently_detached(now)
            && self.presence(released.key()).await? == Presence::Attached)
    }

    /// Records the grant as a holder of the attachment. Grants to an earlier principal of
    /// the name are dropped from the holders. Otherwise they would keep the policy attached after
    /// the present principal's own grant has ended.
    async fn acquire(
        &self,
        key: AttachmentKey<'_>,
        request: &Request,
        now: Timestamp,
    ) -> Result<Attachment, Fault> {
        for _ in 0..ATTEMPTS {
            let before = self.store.attachment(key).await?;
            let presence = self.presence(key).await?;
            let known = match before.clone() {
                Some(known) if known.is_held() && !known.is_held_by(request.id()) => {
                    let strangers = self.strangers(&known, request).await?;
                    Some(known.without(&strangers, now))
                }
                known => known,
            };
            let Some(acquired) = Attachment::acquire(known, key, request.id(), presence, now)
            else {
                break;
            };
            if before.as_ref() == Some(&acquired)
                || self.store.record_attachment(&acquired).await? == Committed::Done
            {
                return Ok(acquired);
            }
        }
        Err(Fault::new(
            "hold managed policy",
            "it is being detached, or others change it again and again",
        )
        .on(key.policy))
    }

    async fn presence(&self, key: AttachmentKey<'_>) -> Result<Presence, Fault> {
        let attached = self.iam.attached(key.principal).await?;
        let there = attached.is_some_and(|attached| attached.contains(key.policy));
        Ok(if there { Presence::Attached } else { Presence::Absent })
    }
}

/// Number of managed policies on the principal with this one. None if the principal does not
/// exist.
pub(super) async fn preflight<'g>(
    iam: &impl IamRead,
    on: &'g Principal,
    policy: &PolicyArn,
) -> Result<Option<Needed<'g>>, Fault> {
    let attached = iam.attached(on).await?;
    let total = attached.map(|attached| attached.len() + usize::from(!attached.contains(policy)));
    Ok(total.map(|total| Needed { on, total, quota: Quotas::attached }))
}

/// A note if the policy was attached before us: the requester has it without asking, and it stays
/// when the grant ends (law 7).
pub(super) async fn notes(
    attachments: &impl Attachments,
    iam: &impl IamRead,
    on: &Principal,
    policy: &PolicyArn,
) -> Result<Vec<String>, Fault> {
    let key = AttachmentKey { principal: on, policy };
    let attached = iam.attached(on).await?.is_some_and(|attached| attached.contains(policy));
    if !attached || attachments.attachment(key).await?.is_some_and(|known| known.is_ours()) {
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "{on} has {policy} already, and not by way of Portcullis: it is there without asking, and \
         stays when this ends"
    )])
}
