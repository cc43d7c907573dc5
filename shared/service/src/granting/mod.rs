//! Reaching in IAM the ends that effects name: one room for each kind of grant.

mod inline;
mod managed;
mod session;

use domain::{
    Cause, Grant, Hold, Holding, PolicyArn, PolicyName, Principal, Request, UniqueId, Window,
};
use jiff::{SignedDuration, Timestamp};
use rules::MayOpen;

use crate::{
    Fault,
    ports::{Ensured, Grants, Holdings, Iam, Taken},
};

pub(crate) use session::barred_role;

/// For so long after somebody asked it is taken for granted that they are who they
/// were. What is put is for their unique id alone, so that nothing hangs on it.
const VOUCHED_FOR: SignedDuration = SignedDuration::from_mins(5);

/// [`Grants`], made of the parts of IAM and the record of who holds what.
#[derive(Debug, Clone, Copy)]
pub struct Granting<'a, H, I> {
    /// Who holds what.
    pub holdings: &'a H,
    /// IAM.
    pub iam: &'a I,
}

impl<H: Holdings, I: Iam> Grants for Granting<'_, H, I> {
    async fn ensure(&self, leave: MayOpen<'_>, now: Timestamp) -> Result<Ensured, Fault> {
        let ensured = match &leave.request().ask().grant {
            Grant::InlinePolicy { on, policy } => self.put(leave, (on, policy), now).await?,
            Grant::ManagedPolicy { on, policy } => self.attach(leave, (on, policy), now).await?,
            // Credentials are given out when they are asked for.
            Grant::Session { .. } => Taken::Done,
        };
        Ok(match ensured {
            Taken::Done => Ensured::InPlace,
            Taken::Never(cause) => Ensured::Impossible(cause),
        })
    }

    async fn ensure_gone(
        &self,
        request: &Request,
        window: Window,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let grant = &request.ask().grant;
        let gone = match grant {
            Grant::InlinePolicy { on, .. } => {
                let name = PolicyName::new(self.iam.deployment(), request.id(), window);
                self.iam.delete_policy(on, name.as_str()).await
            }
            Grant::ManagedPolicy { on, policy } => {
                self.let_go(request.id(), (on, policy), now).await
            }
            Grant::Session { .. } => Ok(()),
        };
        let gone = match (gone, grant) {
            (Err(fault), Grant::InlinePolicy { on, .. }) if fault.is_not_permitted() => {
                let name = PolicyName::new(self.iam.deployment(), request.id(), window);
                match self.iam.read_policy(on, name.as_str()).await {
                    Ok(None) => Ok(()),
                    Ok(Some(_)) => Err(Fault::new("delete a policy that is there", fault)),
                    Err(_) => self.unless_gone(request, on, fault).await,
                }
            }
            (Err(fault), Grant::ManagedPolicy { on, .. }) if fault.is_not_permitted() => {
                self.unless_gone(request, on, fault).await
            }
            (gone, _) => gone,
        };
        gone?;
        self.follow_renamed(request, window, now).await
    }

    async fn bar(&self, request: &Request) -> Result<(), Fault> {
        self.keep_out(request).await
    }

    async fn keep_barred(&self, request: &Request) -> Result<(), Fault> {
        self.keep_out_still(request).await
    }

    async fn lift(&self, request: &Request) -> Result<(), Fault> {
        self.let_in(request).await
    }
}

impl<H: Holdings, I: Iam> Granting<'_, H, I> {
    /// Who has the name now, or why nobody gets anything: whoever has it must be who
    /// had it when it was asked.
    async fn known(
        &self,
        request: &Request,
        on: &Principal,
    ) -> Result<Result<UniqueId, Cause>, Fault> {
        let Some(found) = self.iam.identify(on).await? else {
            return Ok(Err(Cause::PrincipalGone));
        };
        let pinned = request.ask().unique_id.as_ref();
        let replaced = pinned.is_some_and(|pinned| *pinned != found.unique_id);
        Ok(if replaced { Err(Cause::PrincipalReplaced) } else { Ok(found.unique_id) })
    }

    /// Takes the grant from an IAM user who has another name by now: what they hold has gone
    /// with them, and under the old name nothing is found. Their unique id is the same.
    /// (Roles cannot be renamed.)
    async fn follow_renamed(
        &self,
        request: &Request,
        window: Window,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let grant = &request.ask().grant;
        let Some(on @ Principal::User(_)) = grant.principal() else { return Ok(()) };
        let Some(pinned) = request.ask().unique_id.as_ref() else { return Ok(()) };
        // The fence of what is over is shut; the hourly look takes it away.
        if matches!(grant, Grant::InlinePolicy { .. }) && window.is_over(now) {
            return Ok(());
        }
        if self.iam.identify(on).await?.is_some_and(|found| found.unique_id == *pinned) {
            return Ok(());
        }
        let Some(renamed) = self.iam.find_user(pinned).await? else { return Ok(()) };
        match grant {
            Grant::InlinePolicy { .. } => {
                let name = PolicyName::new(self.iam.deployment(), request.id(), window);
                self.iam.delete_policy(&renamed, name.as_str()).await
            }
            Grant::ManagedPolicy { policy, .. } => {
                // The mark went with them, and says that this grant attached it. Whoever holds
                // it under the new name found it there: it is theirs from now on.
                if !self.iam.is_marked(&renamed, request.id()).await? {
                    return Ok(());
                }
                let known = self.holdings.holding(&renamed, policy).await?;
                if let Some(ours) = known.as_ref().and_then(Holding::ours_after_all) {
                    _ = self.holdings.hold(&ours).await?;
                } else if !known.is_some_and(|known| known.is_held())
                    && self.is_last(on, policy).await?
                {
                    self.iam.detach(&renamed, policy).await?;
                }
                self.iam.unmark(&renamed, request.id()).await
            }
            Grant::Session { .. } => Ok(()),
        }
    }

    /// Whether no grant holds this under the name that it was asked for.
    async fn is_last(&self, on: &Principal, policy: &PolicyArn) -> Result<bool, Fault> {
        let known = self.holdings.holding(on, policy).await?;
        Ok(known.is_none_or(|known| matches!(known.hold, Hold::Released { found: false, .. })))
    }

    /// Nothing is left on a principal that is gone. IAM says of a role with a path that is
    /// gone not that it is, but that we may do nothing with a role of that name and no path.
    async fn unless_gone(
        &self,
        request: &Request,
        on: &Principal,
        fault: Fault,
    ) -> Result<(), Fault> {
        let replaced =
            |id: &UniqueId| request.ask().unique_id.as_ref().is_some_and(|pinned| pinned != id);
        match self.iam.identify(on).await? {
            None => Ok(()),
            Some(found) if replaced(&found.unique_id) => Ok(()),
            Some(_) => Err(fault),
        }
    }
}
