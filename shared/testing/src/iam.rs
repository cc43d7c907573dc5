//! IAM in memory: users and roles by name, each with what it holds. A principal exists unless
//! a test has removed it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    grant::{
        Deployment, Guard, PolicyArn, Principal, PrincipalName, Purpose, UniqueId, size_in_iam,
    },
    request::Cause,
    value::RequestId,
};
use service::{
    Fault,
    ports::{
        Applied, FoundRole, IamRead, IamWrite, Identity, Inventory, Mark, OwnPolicy, Quotas,
        RoleLookup,
    },
};

use crate::World;

/// The users and roles that were named so far.
#[derive(Default)]
pub(super) struct Account {
    pub(super) principals: BTreeMap<Principal, MemoryEntity>,
    pub(super) missing: BTreeSet<Principal>,
    /// Principals that we may read and not change.
    pub(super) forbidden: BTreeSet<Principal>,
    /// Principals that we may give nothing to, but take from.
    pub(super) closed: BTreeSet<Principal>,
    /// Quotas of the account.
    pub(super) quotas: Quotas,
    /// Number of principals made so far, so that each has a unique id of its own.
    born: usize,
}

pub(super) struct MemoryEntity {
    pub(super) unique_id: UniqueId,
    pub(super) path: String,
    pub(super) policies: BTreeMap<String, String>,
    pub(super) attached: BTreeSet<PolicyArn>,
    pub(super) marks: BTreeMap<RequestId, Mark>,
}

impl Account {
    pub(super) fn of(&mut self, principal: &Principal) -> Option<&mut MemoryEntity> {
        if self.missing.contains(principal) {
            return None;
        }
        if !self.principals.contains_key(principal) {
            self.born += 1;
            let entity = MemoryEntity {
                unique_id: format!("AIDA{:017}", self.born).parse().ok()?,
                path: "/".to_owned(),
                policies: BTreeMap::new(),
                attached: BTreeSet::new(),
                marks: BTreeMap::new(),
            };
            self.principals.insert(principal.clone(), entity);
        }
        self.principals.get_mut(principal)
    }
}

impl World {
    /// Gives something to a principal in one step. Impossible if the principal is gone.
    fn give(
        &self,
        on: &Principal,
        give: impl FnOnce(&mut MemoryEntity) -> Applied,
    ) -> Result<Applied, Fault> {
        self.if_permitted(on)?;
        if self.lock().iam.closed.contains(on) {
            return Err(Fault::new("call IAM", "we may give nothing").not_permitted());
        }
        self.unless_throttled()?;
        self.step(|inner| match (inner.says_no.clone(), inner.iam.of(on)) {
            (Some(cause), Some(_)) => Applied::Impossible(cause),
            (None, Some(entity)) => give(entity),
            (_, None) => Applied::Impossible(Cause::PrincipalGone),
        })
    }

    fn if_permitted(&self, on: &Principal) -> Result<(), Fault> {
        if self.lock().iam.forbidden.contains(on) {
            return Err(Fault::new("call IAM", "we may not").not_permitted());
        }
        Ok(())
    }

    fn unless_throttled(&self) -> Result<(), Fault> {
        if self.lock().throttles {
            return Err(Fault::new("call IAM", "there are too many calls").throttled());
        }
        Ok(())
    }

    /// Reads or removes something of a principal in one step. None if the principal is gone.
    fn take<T>(
        &self,
        on: &Principal,
        take: impl FnOnce(&mut MemoryEntity) -> T,
    ) -> Result<Option<T>, Fault> {
        self.unless_throttled()?;
        self.step(|inner| inner.iam.of(on).map(take))
    }
}

impl RoleLookup for World {
    async fn look_up(&self, role: &PrincipalName) -> Result<Option<FoundRole>, Fault> {
        let on = Principal::Role(role.clone());
        self.take(&on, |entity| FoundRole {
            unique_id: entity.unique_id.clone(),
            path: entity.path.clone(),
        })
    }
}

impl IamRead for World {
    fn guard(&self) -> Guard {
        self.deployment.guard().clone()
    }

    async fn identify(&self, principal: &Principal) -> Result<Option<Identity>, Fault> {
        self.take(principal, |entity| Identity {
            principal: principal.clone(),
            unique_id: entity.unique_id.clone(),
        })
    }

    async fn attached(&self, on: &Principal) -> Result<Option<BTreeSet<PolicyArn>>, Fault> {
        self.take(on, |entity| entity.attached.clone())
    }

    async fn quotas(&self) -> Result<Quotas, Fault> {
        self.step(|inner| inner.iam.quotas)
    }

    async fn inline_size(&self, on: &Principal) -> Result<Option<usize>, Fault> {
        self.take(on, |entity| entity.policies.values().map(|text| size_in_iam(text)).sum())
    }
}

impl IamWrite for World {
    fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    async fn find_user(&self, unique_id: &UniqueId) -> Result<Option<Principal>, Fault> {
        self.unless_throttled()?;
        self.step(|inner| {
            let mut all = inner.iam.principals.iter();
            all.find(|(_, entity)| entity.unique_id == *unique_id).map(|(on, _)| on.clone())
        })
    }

    async fn put_policy(
        &self,
        on: &Principal,
        name: &str,
        document: &str,
    ) -> Result<Applied, Fault> {
        self.give(on, |entity| {
            entity.policies.insert(name.to_owned(), document.to_owned());
            Applied::Done
        })
    }

    async fn read_policy(&self, on: &Principal, name: &str) -> Result<Option<String>, Fault> {
        Ok(self.take(on, |entity| entity.policies.get(name).cloned())?.flatten())
    }

    async fn shows_policy(
        &self,
        on: &Principal,
        name: &str,
        document: &str,
    ) -> Result<bool, Fault> {
        Ok(self.read_policy(on, name).await?.as_deref() == Some(document))
    }

    async fn shows_attached(&self, on: &Principal, policy: &PolicyArn) -> Result<bool, Fault> {
        Ok(self.attached(on).await?.is_some_and(|attached| attached.contains(policy)))
    }

    async fn delete_policy(&self, on: &Principal, name: &str) -> Result<(), Fault> {
        self.if_permitted(on)?;
        self.take(on, |entity| entity.policies.remove(name)).map(|_| ())
    }

    async fn attach(&self, on: &Principal, policy: &PolicyArn) -> Result<Applied, Fault> {
        let most = self.lock().iam.quotas.attached(on);
        self.give(on, |entity| {
            if entity.attached.len() >= most {
                return Applied::Impossible(Cause::LimitExceeded);
            }
            entity.attached.insert(policy.clone());
            Applied::Done
        })
    }

    async fn detach(&self, on: &Principal, policy: &PolicyArn) -> Result<(), Fault> {
        self.if_permitted(on)?;
        self.take(on, |entity| entity.attached.remove(policy)).map(|_| ())
    }

    async fn mark(&self, on: &Principal, id: &RequestId, mark: &Mark) -> Result<Applied, Fault> {
        self.give(on, |entity| {
            entity.marks.insert(id.clone(), mark.clone());
            Applied::Done
        })
    }

    async fn is_marked(&self, on: &Principal, id: &RequestId) -> Result<bool, Fault> {
        self.unless_throttled()?;
        self.step(|inner| inner.iam.of(on).is_some_and(|entity| entity.marks.contains_key(id)))
    }

    async fn unmark(&self, on: &Principal, id: &RequestId) -> Result<(), Fault> {
        self.if_permitted(on)?;
        if self.lock().poisoned.contains(id) {
            return Err(Fault::new("call IAM", "it fails whenever it is asked this"));
        }
        self.take(on, |entity| entity.marks.remove(id)).map(|_| ())
    }

    async fn inventory(&self) -> Result<Inventory, Fault> {
        self.step(|inner| {
            let mut inventory = Inventory::default();
            for (on, entity) in &inner.iam.principals {
                for (name, document) in &entity.policies {
                    let Some(purpose) = Purpose::of(&self.deployment, name) else { continue };
                    inventory.policies.push(OwnPolicy {
                        on: on.clone(),
                        unique_id: entity.unique_id.clone(),
                        name: name.clone(),
                        purpose,
                        document: document.clone(),
                    });
                }
                let marks = entity.marks.iter();
                inventory
                    .marks
                    .extend(marks.map(|(id, mark)| (on.clone(), id.clone(), mark.clone())));
                let attached = entity.attached.iter();
                inventory.attached.extend(attached.map(|policy| (on.clone(), policy.clone())));
            }
            inventory
        })
    }
}
