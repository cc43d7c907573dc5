//! Everything in IAM that is ours, in as few calls as AWS has them: one a page of users
//! and roles, each with its policies and tags.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use aws_sdk_iam::{
    Client,
    types::{AttachedPolicy, EntityType, PolicyDetail, Tag},
};
use domain::{Principal, Purpose, UniqueId};
use service::{
    Fault,
    ports::{Inventory, OwnPolicy},
};

use super::{decoded, mark_in};

pub(super) async fn of(client: &Client) -> Result<Inventory, Fault> {
    let mut pages = client
        .get_account_authorization_details()
        .filter(EntityType::User)
        .filter(EntityType::Role)
        .into_paginator()
        .send();
    let mut inventory = Inventory::default();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Fault::new("list what IAM holds", error))?;
        for user in page.user_detail_list() {
            let who = (user.user_name(), user.user_id());
            let Some((name, id)) = read(who) else { continue };
            let entity = Entity {
                principal: Principal::User(name),
                id,
                policies: user.user_policy_list(),
                attached: user.attached_managed_policies(),
                tags: user.tags(),
            };
            entity.add_to(&mut inventory)?;
        }
        for role in page.role_detail_list() {
            let who = (role.role_name(), role.role_id());
            let Some((name, id)) = read(who) else { continue };
            let entity = Entity {
                principal: Principal::Role(name),
                id,
                policies: role.role_policy_list(),
                attached: role.attached_managed_policies(),
                tags: role.tags(),
            };
            entity.add_to(&mut inventory)?;
        }
    }
    Ok(inventory)
}

fn read((name, id): (Option<&str>, Option<&str>)) -> Option<(domain::PrincipalName, UniqueId)> {
    Some((name?.parse().ok()?, id?.parse().ok()?))
}

/// A user or a role, as IAM lists them.
struct Entity<'a> {
    principal: Principal,
    id: UniqueId,
    policies: &'a [PolicyDetail],
    attached: &'a [AttachedPolicy],
    tags: &'a [Tag],
}

impl Entity<'_> {
    fn add_to(self, inventory: &mut Inventory) -> Result<(), Fault> {
        for policy in self.policies {
            let name = policy.policy_name().unwrap_or_default();
            let Some(purpose) = Purpose::of(name) else { continue };
            inventory.policies.push(OwnPolicy {
                on: self.principal.clone(),
                unique_id: self.id.clone(),
                name: name.to_owned(),
                purpose,
                document: decoded(policy.policy_document().unwrap_or_default())?,
            });
        }
        let arns = self.attached.iter().filter_map(|policy| policy.policy_arn()?.parse().ok());
        inventory.attached.extend(arns.map(|policy| (self.principal.clone(), policy)));
        let marks = self.tags.iter().filter_map(mark_in);
        inventory.marks.extend(marks.map(|(id, mark)| (self.principal.clone(), id, mark)));
        Ok(())
    }
}
