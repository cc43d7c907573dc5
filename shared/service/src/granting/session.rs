//! Sessions need nothing in IAM; those that are revoked are kept out of their role.

use domain::{Bars, Cause, Grant, PolicyDocument, PolicyName, Principal, Request};

use super::Granting;
use crate::{
    Fault,
    ports::{Committed, Holdings, Iam, Taken},
};

/// So often it is tried to change the bars of a role while others change them. Each time one
/// of the others has succeeded.
const ATTEMPTS: usize = 40;

impl<H: Holdings, I: Iam> Granting<'_, H, I> {
    /// Keeps the sessions of a request out of their role.
    pub(super) async fn keep_out(&self, request: &Request) -> Result<(), Fault> {
        let Some(role) = barred_role(&request.ask().grant) else { return Ok(()) };
        let done = self.change(&role, |bars| bars.with(request.id())).await;
        self.unless_role_gone(request, &role, done).await
    }

    /// Sees to it that they are still kept out, whoever has changed the policy.
    pub(super) async fn keep_out_still(&self, request: &Request) -> Result<(), Fault> {
        let Some(role) = barred_role(&request.ask().grant) else { return Ok(()) };
        let name = PolicyName::of_bars(self.iam.deployment());
        match self.iam.read_policy(&role, name.as_str()).await {
            Ok(there) => {
                let barred = there.as_deref().and_then(PolicyDocument::barred_by);
                if barred.is_some_and(|barred| barred.contains(request.id())) {
                    return Ok(());
                }
                self.keep_out(request).await
            }
            Err(fault) => self.unless_role_gone(request, &role, Err(fault)).await,
        }
    }

    /// Lets them in again: the last of them has died.
    pub(super) async fn let_in(&self, request: &Request) -> Result<(), Fault> {
        let Some(role) = barred_role(&request.ask().grant) else { return Ok(()) };
        let done = self.change(&role, |bars| bars.without(request.id())).await;
        self.unless_role_gone(request, &role, done).await
    }

    /// Changes the bars of a role: on record first, and then in IAM. Whoever has written the
    /// policy looks at the record again: somebody may have changed it meanwhile, and IAM may
    /// have taken the older of the two last.
    pub(crate) async fn change(
        &self,
        role: &Principal,
        change: impl Fn(&Bars) -> Option<Bars> + Send,
    ) -> Result<(), Fault> {
        for _ in 0..ATTEMPTS {
            let known = self.holdings.bars(role).await?;
            let known = known.unwrap_or_else(|| Bars::none(role.clone()));
            let bars = match change(&known) {
                Some(changed) => match self.holdings.set_bars(&changed).await? {
                    Committed::Done => changed,
                    Committed::Lost => continue,
                },
                None => known,
            };
            self.write(&bars).await?;
            let now = self.holdings.bars(role).await?;
            if now.map_or(0, |now| now.version) == bars.version {
                return Ok(());
            }
        }
        Err(Fault::new("change the bars of a role", "others change them again and again"))
    }

    async fn write(&self, bars: &Bars) -> Result<(), Fault> {
        let name = PolicyName::of_bars(self.iam.deployment());
        let Some(document) = bars.document() else {
            return self.iam.delete_policy(&bars.on, name.as_str()).await;
        };
        match self.iam.put_policy(&bars.on, name.as_str(), &document).await? {
            // Sessions of a role that is gone are worth nothing.
            Taken::Done | Taken::Never(Cause::PrincipalGone) => Ok(()),
            Taken::Never(cause) => Err(Fault::new("bar the sessions of a grant", cause.advice())),
        }
    }

    async fn unless_role_gone(
        &self,
        request: &Request,
        role: &Principal,
        done: Result<(), Fault>,
    ) -> Result<(), Fault> {
        match done {
            Err(fault) if fault.is_not_permitted() => self.unless_gone(request, role, fault).await,
            done => done,
        }
    }
}

/// The role of a session in our own account.
pub(crate) fn barred_role(grant: &Grant) -> Option<Principal> {
    match grant {
        Grant::Session { role, here: true, .. } => role.principal(),
        Grant::Session { here: false, .. }
        | Grant::InlinePolicy { .. }
        | Grant::ManagedPolicy { .. } => None,
    }
}
