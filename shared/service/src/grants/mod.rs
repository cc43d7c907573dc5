//! The kinds of grant in IAM: one file for each kind, one match for each verb.
//!
//! A new kind of grant is a new variant of [`Grant`] and a new file here with the verbs
//! below; the compiler names every match that lacks it.

mod inline_policy;
mod managed_policy;
mod session;

use domain::{
    grant::{Deployment, Grant, PolicyName, Principal, UniqueId},
    request::{Cause, Request, Terms},
    value::Window,
};
use jiff::Timestamp;
use rules::judge::MayOpen;

use crate::{
    Fault,
    ports::{Applied, Attachments, IamRead, IamWrite, OwnPolicy, Quotas, Store},
    worker::Worker,
};

impl<S: Store + Attachments, I: IamWrite, R: Sync> Worker<'_, S, I, R> {
    /// Puts the grant in place, with the window written into it where that is possible.
    pub(crate) async fn ensure(
        &self,
        leave: MayOpen<'_>,
        now: Timestamp,
    ) -> Result<Applied, Fault> {
        match &leave.request().terms().grant {
            Grant::InlinePolicy { on, policy } => {
                self.ensure_inline_policy(leave, on, policy, now).await
            }
            Grant::ManagedPolicy { on, policy } => {
                self.ensure_managed_policy(leave, on, policy, now).await
            }
            // Credentials are minted when the requester asks for them.
            Grant::Session { .. } => Ok(Applied::Done),
        }
    }

    /// Removes everything of the grant from IAM, and nothing else.
    pub(crate) async fn remove(
        &self,
        request: &Request,
        window: Window,
        now: Timestamp,
    ) -> Result<(), Fault> {
        match &request.terms().grant {
            Grant::InlinePolicy { on, .. } => {
                self.remove_inline_policy(request, on, window).await?;
                // A policy whose window is over has no effect. If it moved with a renamed user,
                // the hourly reconciliation deletes it.
                if window.is_over(now) {
                    return Ok(());
                }
            }
            Grant::ManagedPolicy { on, policy } => {
                self.remove_managed_policy(request, on, policy, now).await?;
            }
            Grant::Session { .. } => return Ok(()),
        }
        self.remove_from_renamed(request, window).await
    }

    /// Removes the grant from an IAM user who was renamed meanwhile. Policies move with the user,
    /// so there is nothing under the old name; the unique id stays the same. (Roles cannot be
    /// renamed.)
    async fn remove_from_renamed(&self, request: &Request, window: Window) -> Result<(), Fault> {
        let grant = &request.terms().grant;
        let Some(on @ Principal::User(_)) = grant.principal() else { return Ok(()) };
        let Some(pinned) = request.terms().unique_id.as_ref() else { return Ok(()) };
        if self.iam.identify(on).await?.is_some_and(|found| found.unique_id == *pinned) {
            return Ok(());
        }
        let Some(renamed) = self.iam.find_user(pinned).await? else { return Ok(()) };
        match grant {
            Grant::InlinePolicy { .. } => {
                let name = PolicyName::new(self.iam.deployment(), request.id(), window);
                self.iam.delete_policy(&renamed, name.as_str()).await
            }
            Grant::ManagedPolicy { on, policy } => {
                self.remove_managed_policy_from(&renamed, on, policy, request).await
            }
            Grant::Session { .. } => Ok(()),
        }
    }

    /// The unique id of the principal, or the cause for which the grant is impossible. The
    /// principal must be the one that had this name when the request was made.
    async fn identified(
        &self,
        request: &Request,
        on: &Principal,
    ) -> Result<Result<UniqueId, Cause>, Fault> {
        let Some(found) = self.iam.identify(on).await? else {
            return Ok(Err(Cause::PrincipalGone));
        };
        let replaced = request.terms().is_replaced_by(&found.unique_id);
        Ok(if replaced { Err(Cause::PrincipalReplaced) } else { Ok(found.unique_id) })
    }

    /// Drops a fault about a principal that is gone or was replaced: nothing of ours is left on
    /// it. If a role with a path is missing, IAM does not say so. It answers that we may do
    /// nothing with a role of that name and no path.
    async fn unless_gone(
        &self,
        request: &Request,
        on: &Principal,
        fault: Fault,
    ) -> Result<(), Fault> {
        match self.iam.identify(on).await? {
            None => Ok(()),
            Some(found) if request.terms().is_replaced_by(&found.unique_id) => Ok(()),
            Some(_) => Err(fault),
        }
    }
}

/// Looks whether IAM has room for the grant.
///
/// Sessions need no room. They live for one hour at most: every role allows that, and AWS gives
/// no more to a role that assumes another. A longer window takes several sessions. The length of
/// their policies was checked with the rules.
pub(crate) async fn preflight(iam: &impl IamRead, grant: &Grant) -> Result<Room, Fault> {
    let needed = match grant {
        Grant::InlinePolicy { on, policy } => inline_policy::preflight(iam, on, policy).await?,
        Grant::ManagedPolicy { on, policy } => managed_policy::preflight(iam, on, policy).await?,
        Grant::Session { .. } => return Ok(Room::Enough),
    };
    let Some(needed) = needed else { return Ok(Room::NoPrincipal) };
    // The default quotas are checked first. The account is asked only if those are not enough,
    // because some quotas can be raised.
    let fits = needed.fits(&Quotas::default()) || needed.fits(&iam.quotas().await?);
    Ok(if fits { Room::Enough } else { Room::TooLittle })
}

/// The room for a grant on its principal.
pub(crate) enum Room {
    /// The grant fits into the quotas.
    Enough,
    /// The grant exceeds a quota.
    TooLittle,
    /// The principal does not exist.
    NoPrincipal,
}

/// Room that a grant needs on a principal, in the unit of its quota.
struct Needed<'g> {
    on: &'g Principal,
    /// The total on the principal with the grant in place.
    total: usize,
    quota: fn(&Quotas, &Principal) -> usize,
}

impl Needed<'_> {
    fn fits(&self, quotas: &Quotas) -> bool {
        self.total <= (self.quota)(quotas, self.on)
    }
}

/// Notes for the requester, none of which is a reason to refuse.
pub async fn notes(
    attachments: &impl Attachments,
    iam: &impl IamRead,
    terms: &Terms,
) -> Result<Vec<String>, Fault> {
    match &terms.grant {
        Grant::ManagedPolicy { on, policy } => {
            managed_policy::notes(attachments, iam, on, policy).await
        }
        Grant::InlinePolicy { .. } | Grant::Session { .. } => Ok(Vec::new()),
    }
}

/// The document that the found inline policy should have, if this grant put it there for this
/// window. None if the grant puts no such policy.
pub(crate) fn expected_in_iam(
    deployment: &Deployment,
    request: &Request,
    window: Window,
    found: &OwnPolicy,
) -> Option<String> {
    match &request.terms().grant {
        Grant::InlinePolicy { on, policy } if *on == found.on => {
            inline_policy::expected(deployment, request, policy, window, found)
        }
        Grant::InlinePolicy { .. } | Grant::ManagedPolicy { .. } | Grant::Session { .. } => None,
    }
}
