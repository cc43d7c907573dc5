//! Inline policies: one for each grant, named after its request and fenced with its window.

use domain::{
    grant::{Deployment, PolicyDocument, PolicyName, Principal},
    request::Request,
    value::Window,
};
use jiff::{SignedDuration, Timestamp};
use rules::judge::MayOpen;

use super::Needed;
use crate::{
    Fault,
    ports::{Applied, Attachments, IamRead, IamWrite, OwnPolicy, Quotas, Store},
    worker::Worker,
};

/// Time after a request was made in which its pinned unique id is used without asking IAM again.
/// The policy is fenced for that id alone, so an outdated id gives access to nobody.
const IDENTITY_FRESH_FOR: SignedDuration = SignedDuration::from_mins(5);

impl<S: Store + Attachments, I: IamWrite, R: Sync> Worker<'_, S, I, R> {
    /// Puts the policy and checks that IAM shows it. Putting it twice is putting it once.
    ///
    /// The policy is fenced for one unique id, so another principal that takes the name gets
    /// nothing from it.
    pub(super) async fn ensure_inline_policy(
        &self,
        leave: MayOpen<'_>,
        on: &Principal,
        policy: &PolicyDocument,
        now: Timestamp,
    ) -> Result<Applied, Fault> {
        let (request, window) = (leave.request(), leave.window());
        let pinned = request.terms().unique_id.clone();
        let fresh = request.asked_at().duration_until(now) < IDENTITY_FRESH_FOR;
        let unique_id = match pinned.filter(|_| fresh) {
            Some(unique_id) => unique_id,
            None => match self.identified(request, on).await? {
                Ok(unique_id) => unique_id,
                Err(cause) => return Ok(Applied::Impossible(cause)),
            },
        };
        let name = PolicyName::new(self.iam.deployment(), request.id(), window);
        let document = policy.fenced(window, (on, &unique_id), self.iam.deployment().guard());
        let applied = self.iam.put_policy(on, name.as_str(), &document).await?;
        if applied == Applied::Done && !self.iam.shows_policy(on, name.as_str(), &document).await? {
            return Err(Fault::new("see policy", "IAM does not show it yet").on(name.as_str()));
        }
        Ok(applied)
    }

    /// Deletes the policy. If we may not delete it, it counts as gone where IAM does not show it
    /// or its principal is gone.
    pub(super) async fn remove_inline_policy(
        &self,
        request: &Request,
        on: &Principal,
        window: Window,
    ) -> Result<(), Fault> {
        let name = PolicyName::new(self.iam.deployment(), request.id(), window);
        match self.iam.delete_policy(on, name.as_str()).await {
            Err(fault) if fault.is_not_permitted() => {
                match self.iam.read_policy(on, name.as_str()).await {
                    Ok(None) => Ok(()),
                    Ok(Some(_)) => {
                        Err(Fault::new("delete policy that is there,", fault).on(name.as_str()))
                    }
                    Err(_) => self.unless_gone(request, on, fault).await,
                }
            }
            deleted => deleted,
        }
    }
}

/// Characters of all inline policies on the principal with this one and its fence; white space
/// does not count. None if the principal does not exist.
pub(super) async fn preflight<'g>(
    iam: &impl IamRead,
    on: &'g Principal,
    policy: &PolicyDocument,
) -> Result<Option<Needed<'g>>, Fault> {
    let size = iam.inline_size(on).await?;
    let total = size.map(|size| size + policy.size_with_fence(on, &iam.guard()));
    Ok(total.map(|total| Needed { on, total, quota: Quotas::inline_size }))
}

/// The document that the found policy should have. None if the request puts a policy of another
/// name, or puts it on an earlier principal of this name.
pub(super) fn expected(
    deployment: &Deployment,
    request: &Request,
    policy: &PolicyDocument,
    window: Window,
    found: &OwnPolicy,
) -> Option<String> {
    let replaced = request.terms().is_replaced_by(&found.unique_id);
    let name = PolicyName::new(deployment, request.id(), window);
    (!replaced && name.as_str() == found.name)
        .then(|| policy.fenced(window, (&found.on, &found.unique_id), deployment.guard()))
}
