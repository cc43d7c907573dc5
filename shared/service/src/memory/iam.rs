//! IAM in memory: users and roles by name, each with what it holds. There is everybody
//! whom nobody has removed.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Bars, Cause, Deployment, Guard, PolicyArn, Principal, PrincipalName, Purpose, Request,
    RequestId, UniqueId, Window, size_in_iam,
};
use jiff::Timestamp;
use rules::MayOpen;

use super::World;
use crate::{
    Fault, Granting,
    ports::{
        BarLog, Committed, Ensured, FoundRole, Grants, Iam, IamSight, Identity, Inventory, Mark,
        OwnPolicy, Quotas, RoleLookup, Taken,
    },
};

/// Every user and role somebody has spoken of.
#[derive(Default)]
pub(super) struct Account {
    principals: BTreeMap<Principal, Entity>,
    missing: BTreeSet<Principal>,
    /// With whom we may do nothing but look who they are and what is attached.
    forbidden: BTreeSet<Principal>,
    /// Quotas of the account.
    quotas: Quotas,
    /// How many there were by now, so that each has an id of its own.
    born: usize,
}

struct Entity {
    unique_id: UniqueId,
    path: String,
    policies: BTreeMap<String, String>,
    attached: BTreeSet<PolicyArn>,
    marks: BTreeMap<RequestId, Mark>,
}

impl Account {
    fn of(&mut self, principal: &Principal) -> Option<&mut Entity> {
        if self.missing.contains(principal) {
            return None;
        }
        if !self.principals.contains_key(principal) {
            self.born += 1;
            let entity = Entity {
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
    /// Makes an IAM user disappear.
    pub fn remove_user(&self, user: &str) {
        self.with_user(user, |account, user| {
            account.principals.remove(user);
            account.missing.insert(user.clone());
        });
    }

    /// Makes another IAM user of that name.
    pub fn recreate_user(&self, user: &str) {
        self.with_user(user, |account, user| {
            account.principals.remove(user);
            account.missing.remove(user);
        });
    }

    /// Gives an IAM user another name. What they hold goes with them.
    pub fn rename_user(&self, from: &str, to: &str) {
        let Ok(to) = to.parse().map(Principal::User) else { return };
        self.with_user(from, |account, from| {
            account.of(from)?;
            let entity = account.principals.remove(from)?;
            account.missing.insert(from.clone());
            account.principals.insert(to, entity)
        });
    }

    /// Raises what the account takes.
    pub fn raise(&self, quotas: Quotas) {
        self.lock().iam.quotas = quotas;
    }

    /// Makes a role at a path, and gives its unique id.
    pub fn make_role(&self, name: &PrincipalName, path: &str) -> Option<UniqueId> {
        let mut inner = self.lock();
        let entity = inner.iam.of(&Principal::Role(name.clone()))?;
        path.clone_into(&mut entity.path);
        Some(entity.unique_id.clone())
    }

    /// Puts a policy into IAM by hand.
    pub fn put_by_hand(&self, user: &str, name: &str, document: &str) {
        self.with_user(user, |account, user| {
            let entity = account.of(user)?;
            entity.policies.insert(name.to_owned(), document.to_owned())
        });
    }

    /// Puts an inline policy on a role, as somebody does by hand.
    pub fn put_on_role(&self, role: &PrincipalName, name: &str, document: &str) {
        let on = Principal::Role(role.clone());
        if let Some(entity) = self.lock().iam.of(&on) {
            entity.policies.insert(name.to_owned(), document.to_owned());
        }
    }

    /// Deletes a policy on a role by hand.
    pub fn delete_on_role(&self, role: &PrincipalName, name: &str) {
        let mut inner = self.lock();
        if let Some(entity) = inner.iam.of(&Principal::Role(role.clone())) {
            entity.policies.remove(name);
        }
    }

    /// Detaches a managed policy by hand.
    pub fn detach_by_hand(&self, user: &str, policy: &PolicyArn) {
        self.with_user(user, |account, user| Some(account.of(user)?.attached.remove(policy)));
    }

    /// Deletes a policy by hand.
    pub fn delete_by_hand(&self, user: &str, name: &str) {
        self.with_user(user, |account, user| account.of(user)?.policies.remove(name));
    }

    /// Attaches a managed policy by hand.
    pub fn attach_by_hand(&self, user: &str, policy: &PolicyArn) {
        self.with_user(user, |account, user| {
            Some(account.of(user)?.attached.insert(policy.clone()))
        });
    }

    /// What IAM holds: `name/policy` and the document.
    pub fn policies(&self) -> Vec<(String, String)> {
        let inner = self.lock();
        let of_each = inner.iam.principals.iter().flat_map(|(principal, entity)| {
            let named = move |name: &String| format!("{}/{name}", principal.name());
            entity.policies.iter().map(move |(name, document)| (named(name), document.clone()))
        });
        of_each.collect()
    }

    /// The managed policies that are attached: `name/ARN`.
    pub fn attachments(&self) -> Vec<String> {
        let inner = self.lock();
        let of_each = inner.iam.principals.iter().flat_map(|(principal, entity)| {
            entity.attached.iter().map(move |policy| format!("{}/{policy}", principal.name()))
        });
        of_each.collect()
    }

    /// The grants that are marked in IAM.
    pub fn marks(&self) -> Vec<RequestId> {
        let inner = self.lock();
        inner.iam.principals.values().flat_map(|entity| entity.marks.keys()).cloned().collect()
    }

    fn with_user<T>(&self, user: &str, act: impl FnOnce(&mut Account, &Principal) -> T) {
        if let Ok(name) = user.parse() {
            act(&mut self.lock().iam, &Principal::User(name));
        }
    }

    /// Takes one step with a principal that has to be there.
    fn give(
        &self,
        on: &Principal,
        give: impl FnOnce(&mut Entity) -> Taken,
    ) -> Result<Taken, Fault> {
        self.if_permitted(on)?;
        self.unless_throttled()?;
        self.step(|inner| match (inner.says_no.clone(), inner.iam.of(on)) {
            (Some(cause), Some(_)) => Taken::Never(cause),
            (None, Some(entity)) => give(entity),
            (_, None) => Taken::Never(Cause::PrincipalGone),
        })
    }

    /// From now on, we may change nothing of this principal. We may still look.
    pub fn forbid(&self, principal: &Principal) {
        self.lock().iam.forbidden.insert(principal.clone());
    }

    /// From now on, we may again.
    pub fn permit(&self, principal: &Principal) {
        self.lock().iam.forbidden.remove(principal);
    }

    /// Makes an IAM role disappear. Of its name, AWS says from now on that we may do
    /// nothing with it: the role that would be there has no path.
    pub fn remove_role(&self, name: &PrincipalName) {
        let mut inner = self.lock();
        let role = Principal::Role(name.clone());
        inner.iam.principals.remove(&role);
        inner.iam.missing.insert(role.clone());
        inner.iam.forbidden.insert(role);
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

    /// Takes one step with a principal that may be gone.
    fn take<T>(
        &self,
        on: &Principal,
        take: impl FnOnce(&mut Entity) -> T,
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

impl IamSight for World {
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

impl Iam for World {
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

    async fn put_policy(&self, on: &Principal, name: &str, document: &str) -> Result<Taken, Fault> {
        self.give(on, |entity| {
            entity.policies.insert(name.to_owned(), document.to_owned());
            Taken::Done
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

    async fn attach(&self, on: &Principal, policy: &PolicyArn) -> Result<Taken, Fault> {
        let most = self.lock().iam.quotas.attached(on);
        self.give(on, |entity| {
            if entity.attached.len() >= most {
                return Taken::Never(Cause::LimitExceeded);
            }
            entity.attached.insert(policy.clone());
            Taken::Done
        })
    }

    async fn detach(&self, on: &Principal, policy: &PolicyArn) -> Result<(), Fault> {
        self.if_permitted(on)?;
        self.take(on, |entity| entity.attached.remove(policy)).map(|_| ())
    }

    async fn mark(&self, on: &Principal, id: &RequestId, mark: &Mark) -> Result<Taken, Fault> {
        self.give(on, |entity| {
            entity.marks.insert(id.clone(), mark.clone());
            Taken::Done
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

impl Grants for World {
    async fn ensure(&self, leave: MayOpen<'_>, now: Timestamp) -> Result<Ensured, Fault> {
        Granting { holdings: self, iam: self }.ensure(leave, now).await
    }

    async fn ensure_gone(
        &self,
        request: &Request,
        window: Window,
        now: Timestamp,
    ) -> Result<(), Fault> {
        Granting { holdings: self, iam: self }.ensure_gone(request, window, now).await
    }

    async fn bar(&self, request: &Request) -> Result<(), Fault> {
        Granting { holdings: self, iam: self }.bar(request).await
    }

    async fn keep_barred(&self, request: &Request) -> Result<(), Fault> {
        Granting { holdings: self, iam: self }.keep_barred(request).await
    }

    async fn lift(&self, request: &Request) -> Result<(), Fault> {
        Granting { holdings: self, iam: self }.lift(request).await
    }
}

impl BarLog for World {
    async fn bars(&self, role: &Principal) -> Result<Option<Bars>, Fault> {
        self.step(|inner| inner.bars.get(role).cloned())
    }

    async fn set_bars(&self, bars: &Bars) -> Result<Committed, Fault> {
        self.step(|inner| {
            let known = inner.bars.get(&bars.on).map_or(0, |known| known.version);
            if known + 1 != bars.version {
                return Committed::Lost;
            }
            inner.bars.insert(bars.on.clone(), bars.clone());
            Committed::Done
        })
    }
}
