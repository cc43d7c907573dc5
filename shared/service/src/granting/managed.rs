//! Managed policies, which grants hold together: see [`Holding`].

use domain::{Holding, PolicyArn, Principal, Release, RequestId};
use jiff::Timestamp;
use rules::MayOpen;

use super::Granting;
use crate::{
    Fault,
    ports::{Committed, Holdings, Iam, Mark, Taken},
};

/// How often a lost race for a holding is run again at once.
const ATTEMPTS: usize = 8;

impl<H: Holdings, I: Iam> Granting<'_, H, I> {
    /// Holds the policy with whoever else holds it, and attaches it if it is ours to
    /// attach. The record comes first, then the mark in IAM, then the policy.
    pub(super) async fn attach(
        &self,
        leave: MayOpen<'_>,
        (on, policy): (&Principal, &PolicyArn),
        now: Timestamp,
    ) -> Result<Taken, Fault> {
        let (request, window) = (leave.request(), leave.window());
        if let Err(cause) = self.known(request, on).await? {
            return Ok(Taken::Never(cause));
        }
        if !self.join(request.id(), (on, policy), now).await?.is_ours() {
            return Ok(Taken::Done);
        }
        let mark = Mark { policy: policy.clone(), ends_at: window.ends_at() };
        let marked = self.iam.mark(on, request.id(), &mark).await?;
        let taken = match marked {
            Taken::Done => self.iam.attach(on, policy).await?,
            Taken::Never(_) => marked,
        };
        if taken == Taken::Done && !self.iam.shows_attached(on, policy).await? {
            return Err(Fault::new("see the policy of a grant", "IAM does not show it yet"));
        }
        Ok(taken)
    }

    /// Lets go of the policy; the last one that held it takes it away.
    pub(crate) async fn let_go(
        &self,
        id: &RequestId,
        (on, policy): (&Principal, &PolicyArn),
        now: Timestamp,
    ) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let known = self.holdings.holding(on, policy).await?;
            let Some((after, release)) = known.as_ref().and_then(|known| known.left(id, now))
            else {
                return self.take_back(id, known, now).await;
            };
            if release == Release::Nothing {
                // Before it is on record that this grant holds nothing: nobody comes back.
                self.unmark(on, id).await?;
            }
            if known.as_ref() != Some(&after)
                && self.holdings.hold(&after).await? == Committed::Lost
            {
                continue;
            }
            if release == Release::Detach {
                self.take_away(id, after, now).await?;
            }
            return Ok(());
        }
        Err(Fault::new("let go of a managed policy", "others are faster, again and again"))
    }

    /// Takes away what a late call has put back, where nobody holds it any more.
    async fn take_back(
        &self,
        id: &RequestId,
        known: Option<Holding>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let Some(released) = known.filter(|known| known.is_in_aftermath(now)) else {
            return Ok(());
        };
        let (on, policy) = (&released.on, &released.policy);
        if self.attached(on, policy).await? {
            self.detach_unless_held(on, policy).await?;
        }
        self.unmark(on, id).await
    }

    /// Takes away what the last grant has let go. A delivery and a sweep may both be at it:
    /// who comes second finds that it is done, or held again by somebody else.
    async fn take_away(
        &self,
        id: &RequestId,
        releasing: Holding,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let (on, policy) = (&releasing.on, &releasing.policy);
        if let Err(fault) = self.detach_unless_held(on, policy).await {
            // What may not be taken away could not be put there, unless it is there.
            if !fault.is_not_permitted() {
                return Err(fault);
            }
            if self.attached(on, policy).await? {
                return Err(Fault::new("take away a managed policy that is attached", fault));
            }
        }
        self.unmark(on, id).await?;
        // Whoever was faster has done the same.
        _ = self.holdings.hold(&releasing.released(now)).await?;
        Ok(())
    }

    /// Detaches a policy that no grant holds. If one has come to hold it between our look
    /// and our call, it has it back.
    pub(crate) async fn detach_unless_held(
        &self,
        on: &Principal,
        policy: &PolicyArn,
    ) -> Result<(), Fault> {
        let held = async || {
            let known = self.holdings.holding(on, policy).await?;
            Ok::<_, Fault>(known.is_some_and(|known| known.is_ours()))
        };
        if held().await? {
            return Ok(());
        }
        self.iam.detach(on, policy).await?;
        if held().await? {
            self.iam.attach(on, policy).await?;
        }
        Ok(())
    }

    /// Wipes a mark out. One that may not be wiped out could not be written either.
    async fn unmark(&self, on: &Principal, id: &RequestId) -> Result<(), Fault> {
        match self.iam.unmark(on, id).await {
            Err(fault) if fault.is_not_permitted() => Ok(()),
            unmarked => unmarked,
        }
    }

    /// Whether a late call of ours has put back what was taken away.
    pub(crate) async fn has_returned(
        &self,
        released: &Holding,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let attached = || self.attached(&released.on, &released.policy);
        Ok(released.is_in_aftermath(now) && attached().await?)
    }

    async fn join(
        &self,
        id: &RequestId,
        (on, policy): (&Principal, &PolicyArn),
        now: Timestamp,
    ) -> Result<Holding, Fault> {
        for _ in 0..ATTEMPTS {
            let known = self.holdings.holding(on, policy).await?;
            let attached = self.attached(on, policy).await?;
            let before = known.clone();
            let Some(joined) = Holding::joined(known, (on, policy), (id, attached), now) else {
                break;
            };
            if before.as_ref() == Some(&joined) {
                return Ok(joined);
            }
            if self.holdings.hold(&joined).await? == Committed::Done {
                return Ok(joined);
            }
        }
        Err(Fault::new("hold a managed policy", "it is being taken away just now"))
    }

    async fn attached(&self, on: &Principal, policy: &PolicyArn) -> Result<bool, Fault> {
        Ok(self.iam.attached(on).await?.is_some_and(|attached| attached.contains(policy)))
    }
}
