//! The contents of IAM that concern grants, in as few calls as possible: one for each page of users
//! and roles, with their policies and tags.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use std::time::Duration;

use aws_sdk_iam::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    types::{AttachedPolicy, EntityType, PolicyDetail, Tag},
};
use domain::{
    grant::{Deployment, Principal, Purpose, UniqueId},
    value::RequestId,
};
use jiff::Timestamp;
use service::{
    Fault,
    ports::{Inventory, Mark, OwnPolicy},
};

use super::decoded;

/// Entries in one answer: the most that IAM gives.
const PAGE: i32 = 1_000;

/// Attempts at one page. IAM lists an account with many users slowly, and being throttled on the
/// way is no failure.
const ATTEMPTS: u32 = 10;

pub(super) async fn of(client: &Client, deployment: &Deployment) -> Result<Inventory, Fault> {
    let patient = client
        .config()
        .to_builder()
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .operation_attempt_timeout(Duration::from_secs(30))
                .build(),
        )
        .build();
    let client = Client::from_conf(patient);
    let mut pages = client
        .get_account_authorization_details()
        .filter(EntityType::User)
        .filter(EntityType::Role)
        .max_items(PAGE)
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
            entity.add_to(deployment, &mut inventory)?;
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
            entity.add_to(deployment, &mut inventory)?;
        }
    }
    Ok(inventory)
}

fn read(
    (name, id): (Option<&str>, Option<&str>),
) -> Option<(domain::grant::PrincipalName, UniqueId)> {
    Some((name?.parse().ok()?, id?.parse().ok()?))
}

/// A user or role, as IAM lists it.
struct Entity<'a> {
    principal: Principal,
    id: UniqueId,
    policies: &'a [PolicyDetail],
    attached: &'a [AttachedPolicy],
    tags: &'a [Tag],
}

impl Entity<'_> {
    fn add_to(self, deployment: &Deployment, inventory: &mut Inventory) -> Result<(), Fault> {
        for policy in self.policies {
            let name = policy.policy_name().unwrap_or_default();
            let Some(purpose) = Purpose::of(deployment, name) else { continue };
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
        let marks = self.tags.iter().filter_map(|tag| mark_in(deployment, tag));
        inventory.marks.extend(marks.map(|(id, mark)| (self.principal.clone(), id, mark)));
        Ok(())
    }
}

/// The mark in a tag, with the request whose grant it marks. None if the tag is no mark of this
/// deployment.
fn mark_in(deployment: &Deployment, tag: &Tag) -> Option<(RequestId, Mark)> {
    let (mark, id) = tag.key().strip_prefix("portcullis:")?.split_once(':')?;
    if mark != deployment.as_str() {
        return None;
    }
    let (ends_at, policy) = tag.value().split_once(' ')?;
    let ends_at = Timestamp::from_second(ends_at.parse().ok()?).ok()?;
    Some((id.parse().ok()?, Mark { policy: policy.parse().ok()?, ends_at }))
}
