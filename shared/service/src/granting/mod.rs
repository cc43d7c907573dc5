//! Reaching in IAM the ends that effects name: one room for each kind of grant.

mod inline;
mod managed;

use domain::{Cause, Grant, PolicyDocument, PolicyName, Principal, Request, UniqueId, Window};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Fault,
    ports::{Ensured, Grants, Holdings, Iam, Taken},
};

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
    async fn ensure(
        &self,
        request: &Request,
        window: Window,
        now: Timestamp,
    ) -> Result<Ensured, Fault> {
        let ensured = match &request.ask().grant {
            Grant::InlinePolicy { on, policy } => {
                self.put(request, (on, policy), window, now).await?
            }
            Grant::ManagedPolicy { on, policy } => {
                self.attach(request, (on, policy), window, now).await?
            }
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
        match &request.ask().grant {
            Grant::InlinePolicy { on, .. } => {
                let name = PolicyName::new(request.id(), window);
                self.iam.delete_policy(on, name.as_str()).await
            }
            Grant::ManagedPolicy { on, policy } => {
                self.let_go(request.id(), (on, policy), now).await
            }
            Grant::Session { .. } => Ok(()),
        }
    }

    async fn bar(&self, request: &Request, until: Timestamp) -> Result<(), Fault> {
        let Some(role) = barred_role(&request.ask().grant) else { return Ok(()) };
        let (name, document) =
            (PolicyName::of_bar(request.id(), until), PolicyDocument::bar(request.id()));
        match self.iam.put_policy(&role, name.as_str(), &document).await? {
            // Sessions of a role that is gone are worth nothing.
            Taken::Done | Taken::Never(Cause::PrincipalGone) => Ok(()),
            Taken::Never(cause) => Err(Fault::new("bar the sessions of a grant", cause.advice())),
        }
    }

    async fn lift(&self, request: &Request, until: Timestamp) -> Result<(), Fault> {
        let Some(role) = barred_role(&request.ask().grant) else { return Ok(()) };
        let name = PolicyName::of_bar(request.id(), until);
        self.iam.delete_policy(&role, name.as_str()).await
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
}

/// The role of a session in our own account.
fn barred_role(grant: &Grant) -> Option<Principal> {
    match grant {
        Grant::Session { role, here: true, .. } => role.principal(),
        Grant::Session { here: false, .. }
        | Grant::InlinePolicy { .. }
        | Grant::ManagedPolicy { .. } => None,
    }
}
