//! IAM in which other work is done just before a call that puts an inline policy, or the answer
//! to that call is replaced.

use std::{collections::BTreeSet, future::Future, pin::Pin};

use domain::{
    grant::{Deployment, Guard, PolicyArn, Principal, UniqueId},
    request::Cause,
    value::RequestId,
};
use service::{
    Fault,
    ports::{Applied, IamRead, IamWrite, Identity, Inventory, Mark, Quotas},
};

use crate::World;

type Before<'w> = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send + 'w>> + Sync + 'w>;

/// IAM of a world whose calls that put an inline policy are interrupted.
pub struct Interrupted<'w> {
    world: &'w World,
    before: Option<Before<'w>>,
    answer: Option<Cause>,
}

impl<'w> Interrupted<'w> {
    /// Runs `before` between the decision to put a policy and the call.
    pub fn by<F>(world: &'w World, before: impl Fn() -> F + Sync + 'w) -> Self
    where
        F: Future<Output = ()> + Send + 'w,
    {
        Self { world, before: Some(Box::new(move || Box::pin(before()))), answer: None }
    }

    /// Lets each call take effect, and then answers that it is impossible.
    pub fn answering(world: &'w World, cause: Cause) -> Self {
        Self { world, before: None, answer: Some(cause) }
    }
}

impl IamRead for Interrupted<'_> {
    fn guard(&self) -> Guard {
        self.world.guard()
    }

    async fn identify(&self, principal: &Principal) -> Result<Option<Identity>, Fault> {
        self.world.identify(principal).await
    }

    async fn attached(&self, on: &Principal) -> Result<Option<BTreeSet<PolicyArn>>, Fault> {
        self.world.attached(on).await
    }

    async fn quotas(&self) -> Result<Quotas, Fault> {
        self.world.quotas().await
    }

    async fn inline_size(&self, on: &Principal) -> Result<Option<usize>, Fault> {
        self.world.inline_size(on).await
    }
}

impl IamWrite for Interrupted<'_> {
    fn deployment(&self) -> &Deployment {
        self.world.deployment()
    }

    async fn find_user(&self, unique_id: &UniqueId) -> Result<Option<Principal>, Fault> {
        self.world.find_user(unique_id).await
    }

    async fn put_policy(
        &self,
        on: &Principal,
        name: &str,
        document: &str,
    ) -> Result<Applied, Fault> {
        if let Some(before) = &self.before {
            before().await;
        }
        let applied = self.world.put_policy(on, name, document).await?;
        Ok(self.answer.clone().map_or(applied, Applied::Impossible))
    }

    async fn read_policy(&self, on: &Principal, name: &str) -> Result<Option<String>, Fault> {
        self.world.read_policy(on, name).await
    }

    async fn shows_policy(
        &self,
        on: &Principal,
        name: &str,
        document: &str,
    ) -> Result<bool, Fault> {
        self.world.shows_policy(on, name, document).await
    }

    async fn shows_attached(&self, on: &Principal, policy: &PolicyArn) -> Result<bool, Fault> {
        self.world.shows_attached(on, policy).await
    }

    async fn delete_policy(&self, on: &Principal, name: &str) -> Result<(), Fault> {
        self.world.delete_policy(on, name).await
    }

    async fn attach(&self, on: &Principal, policy: &PolicyArn) -> Result<Applied, Fault> {
        self.world.attach(on, policy).await
    }

    async fn detach(&self, on: &Principal, policy: &PolicyArn) -> Result<(), Fault> {
        self.world.detach(on, policy).await
    }

    async fn mark(&self, on: &Principal, id: &RequestId, mark: &Mark) -> Result<Applied, Fault> {
        self.world.mark(on, id, mark).await
    }

    async fn is_marked(&self, on: &Principal, id: &RequestId) -> Result<bool, Fault> {
        self.world.is_marked(on, id).await
    }

    async fn unmark(&self, on: &Principal, id: &RequestId) -> Result<(), Fault> {
        self.world.unmark(on, id).await
    }

    async fn inventory(&self) -> Result<Inventory, Fault> {
        self.world.inventory().await
    }
}
