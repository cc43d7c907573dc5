//! Changes that administrators and attackers make in IAM by hand, and reads of IAM for tests.

use domain::{
    grant::{PolicyArn, Principal, PrincipalName, UniqueId},
    value::RequestId,
};
use service::ports::Quotas;

use crate::{World, iam::Account};

impl World {
    /// Deletes an IAM user.
    pub fn remove_user(&self, user: &str) {
        self.with_user(user, |account, user| {
            account.principals.remove(user);
            account.missing.insert(user.clone());
        });
    }

    /// Replaces an IAM user by another one of the same name.
    pub fn recreate_user(&self, user: &str) {
        self.with_user(user, |account, user| {
            account.principals.remove(user);
            account.missing.remove(user);
        });
    }

    /// Renames an IAM user. Policies, attachments and marks move with the user.
    pub fn rename_user(&self, from: &str, to: &str) {
        let Ok(to) = to.parse().map(Principal::User) else { return };
        self.with_user(from, |account, from| {
            account.of(from)?;
            let entity = account.principals.remove(from)?;
            account.missing.insert(from.clone());
            account.principals.insert(to, entity)
        });
    }

    /// Sets the quotas of the account.
    pub fn raise(&self, quotas: Quotas) {
        self.lock().iam.quotas = quotas;
    }

    /// Makes a role at a path, and returns its unique id.
    pub fn make_role(&self, name: &PrincipalName, path: &str) -> Option<UniqueId> {
        let mut inner = self.lock();
        let entity = inner.iam.of(&Principal::Role(name.clone()))?;
        path.clone_into(&mut entity.path);
        Some(entity.unique_id.clone())
    }

    /// Puts an inline policy on a user by hand.
    pub fn put_by_hand(&self, user: &str, name: &str, document: &str) {
        self.with_user(user, |account, user| {
            let entity = account.of(user)?;
            entity.policies.insert(name.to_owned(), document.to_owned())
        });
    }

    /// Puts an inline policy on a role by hand.
    pub fn put_on_role(&self, role: &PrincipalName, name: &str, document: &str) {
        let on = Principal::Role(role.clone());
        if let Some(entity) = self.lock().iam.of(&on) {
            entity.policies.insert(name.to_owned(), document.to_owned());
        }
    }

    /// Deletes an inline policy of a role by hand.
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

    /// Deletes an inline policy of a user by hand.
    pub fn delete_by_hand(&self, user: &str, name: &str) {
        self.with_user(user, |account, user| account.of(user)?.policies.remove(name));
    }

    /// Attaches a managed policy by hand.
    pub fn attach_by_hand(&self, user: &str, policy: &PolicyArn) {
        self.with_user(user, |account, user| {
            Some(account.of(user)?.attached.insert(policy.clone()))
        });
    }

    /// The inline policies in IAM: `name/policy` and the document.
    pub fn policies(&self) -> Vec<(String, String)> {
        let inner = self.lock();
        let of_each = inner.iam.principals.iter().flat_map(|(principal, entity)| {
            let named = move |name: &String| format!("{}/{name}", principal.name());
            entity.policies.iter().map(move |(name, document)| (named(name), document.clone()))
        });
        of_each.collect()
    }

    /// The managed policies that are attached: `name/ARN`.
    pub fn attached_policies(&self) -> Vec<String> {
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

    /// Forbids us to change anything of this principal from now on. We may still read it.
    pub fn forbid(&self, principal: &Principal) {
        self.lock().iam.forbidden.insert(principal.clone());
    }

    /// Forbids us to give anything to this principal, as a boundary that is missing does. We may
    /// still take from it.
    pub fn forbid_giving(&self, principal: &Principal) {
        self.lock().iam.closed.insert(principal.clone());
    }

    /// Lets us change this principal again.
    pub fn permit(&self, principal: &Principal) {
        self.lock().iam.forbidden.remove(principal);
    }

    /// Deletes an IAM role. From now on AWS refuses each change of it for lack of rights: the
    /// name now means a role without a path, and we may not change such a role.
    pub fn remove_role(&self, name: &PrincipalName) {
        let mut inner = self.lock();
        let role = Principal::Role(name.clone());
        inner.iam.principals.remove(&role);
        inner.iam.missing.insert(role.clone());
        inner.iam.forbidden.insert(role);
    }
}
