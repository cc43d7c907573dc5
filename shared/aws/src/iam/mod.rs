//! IAM: users and roles, with the policies and marks on them.
//!
//! IAM has each call twice, for users and for roles; here each is one method. The module [`answer`]
//! sorts errors by their names: never possible, already gone, or a failure.

mod answer;
mod inventory;
mod own;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use domain::grant::{
    Deployment, Guard, PolicyArn, Principal, PrincipalName, UniqueId, size_in_iam,
};
use service::{
    Fault,
    ports::{FoundRole, IamRead, Identity, Quotas, RoleLookup},
};

use answer::{What, found, seen};

/// A client of IAM, with the permissions of this program. It changes IAM only in the name of a
/// deployment.
#[derive(Debug, Clone)]
pub struct AwsIam<D = ()> {
    client: Client,
    deployment: D,
}

impl AwsIam {
    /// Uses the credentials of this configuration.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { client: Client::new(sdk), deployment: () }
    }

    /// A client in the name of this deployment.
    pub fn of(self, deployment: Deployment) -> AwsIam<Deployment> {
        AwsIam { client: self.client, deployment }
    }
}

impl<D: Sync> AwsIam<D> {
    async fn document(&self, on: &Principal, name: &str) -> Result<Option<String>, Fault> {
        let object = format!("{name} on {on}");
        let what = &What("read policy", &object);
        let document = match on {
            Principal::User(user) => {
                let get = self.client.get_user_policy().user_name(user.as_str());
                found(what, get.policy_name(name).send().await)?.map(|read| read.policy_document)
            }
            Principal::Role(role) => {
                let get = self.client.get_role_policy().role_name(role.as_str());
                found(what, get.policy_name(name).send().await)?.map(|read| read.policy_document)
            }
        };
        document.map(|document| decoded(&document)).transpose()
    }

    async fn policy_names(&self, on: &Principal) -> Result<Option<Vec<String>>, Fault> {
        let what = &What("list inline policies of", on);
        let (mut names, mut marker) = (Vec::new(), None);
        loop {
            let (page, next) = match on {
                Principal::User(user) => {
                    let list = self.client.list_user_policies().user_name(user.as_str());
                    let Some(page) = found(what, list.set_marker(marker).send().await)? else {
                        return Ok(None);
                    };
                    (page.policy_names, page.marker)
                }
                Principal::Role(role) => {
                    let list = self.client.list_role_policies().role_name(role.as_str());
                    let Some(page) = found(what, list.set_marker(marker).send().await)? else {
                        return Ok(None);
                    };
                    (page.policy_names, page.marker)
                }
            };
            names.extend(page);
            if next.is_none() {
                return Ok(Some(names));
            }
            marker = next;
        }
    }
}

impl<D: Sync> RoleLookup for AwsIam<D> {
    async fn look_up(&self, role: &PrincipalName) -> Result<Option<FoundRole>, Fault> {
        let what = &What("look up role", role);
        let sent = self.client.get_role().role_name(role.as_str()).send().await;
        let Some(role) = seen(what, sent)?.and_then(|answer| answer.role) else { return Ok(None) };
        let unique_id = role.role_id.parse().map_err(|error| what.failed(error))?;
        Ok(Some(FoundRole { unique_id, path: role.path }))
    }
}

/// The name in which a client acts: that of a deployment, or none.
pub trait InNameOf: Sync {
    /// The parts of the deployment, which no grant reaches. Empty without a deployment.
    fn guard(&self) -> Guard;
}

impl InNameOf for () {
    fn guard(&self) -> Guard {
        Guard::default()
    }
}

impl InNameOf for Deployment {
    fn guard(&self) -> Guard {
        self.guard().clone()
    }
}

impl<D: InNameOf> IamRead for AwsIam<D> {
    fn guard(&self) -> Guard {
        self.deployment.guard()
    }

    async fn identify(&self, principal: &Principal) -> Result<Option<Identity>, Fault> {
        let what = &What("look up", principal);
        let (name, id) = match principal {
            Principal::User(name) => {
                let sent = self.client.get_user().user_name(name.as_str()).send().await;
                let Some(user) = found(what, sent)?.and_then(|answer| answer.user) else {
                    return Ok(None);
                };
                (user.user_name, user.user_id)
            }
            Principal::Role(name) => {
                let sent = self.client.get_role().role_name(name.as_str()).send().await;
                let Some(role) = found(what, sent)?.and_then(|answer| answer.role) else {
                    return Ok(None);
                };
                (role.role_name, role.role_id)
            }
        };
        let name = name.parse().map_err(|error| what.failed(error))?;
        let unique_id: UniqueId = id.parse().map_err(|error| what.failed(error))?;
        let principal = match principal {
            Principal::User(_) => Principal::User(name),
            Principal::Role(_) => Principal::Role(name),
        };
        Ok(Some(Identity { principal, unique_id }))
    }

    async fn attached(&self, on: &Principal) -> Result<Option<BTreeSet<PolicyArn>>, Fault> {
        let what = &What("list attached policies of", on);
        let mut attached = BTreeSet::new();
        let mut marker = None;
        loop {
            let (policies, next) = match on {
                Principal::User(user) => {
                    let list = self.client.list_attached_user_policies().user_name(user.as_str());
                    let Some(page) = found(what, list.set_marker(marker).send().await)? else {
                        return Ok(None);
                    };
                    (page.attached_policies, page.marker)
                }
                Principal::Role(role) => {
                    let list = self.client.list_attached_role_policies().role_name(role.as_str());
                    let Some(page) = found(what, list.set_marker(marker).send().await)? else {
                        return Ok(None);
                    };
                    (page.attached_policies, page.marker)
                }
            };
            let arns = policies.into_iter().flatten().filter_map(|policy| policy.policy_arn);
            // A policy whose ARN cannot be granted is held by no grant.
            attached.extend(arns.filter_map(|arn| arn.parse::<PolicyArn>().ok()));
            if next.is_none() {
                return Ok(Some(attached));
            }
            marker = next;
        }
    }

    async fn quotas(&self) -> Result<Quotas, Fault> {
        let sent = self.client.get_account_summary().send().await;
        let summary =
            sent.map_err(|error| Fault::new("read the quotas of the account", error))?.summary_map;
        let stated: BTreeMap<_, _> = summary.iter().flatten().collect();
        let stated = |name: &str, otherwise| {
            let found = stated.iter().find(|(key, _)| key.as_str() == name);
            found.and_then(|(_, value)| usize::try_from(**value).ok()).unwrap_or(otherwise)
        };
        let default = Quotas::default();
        Ok(Quotas {
            inline_of_user: stated("UserPolicySizeQuota", default.inline_of_user),
            inline_of_role: stated("RolePolicySizeQuota", default.inline_of_role),
            attached_to_user: stated("AttachedPoliciesPerUserQuota", default.attached_to_user),
            attached_to_role: stated("AttachedPoliciesPerRoleQuota", default.attached_to_role),
        })
    }

    async fn inline_size(&self, on: &Principal) -> Result<Option<usize>, Fault> {
        let Some(names) = self.policy_names(on).await? else { return Ok(None) };
        let read = names.iter().map(|name| self.document(on, name));
        let mut size = 0;
        for document in futures_util::future::join_all(read).await {
            size += size_in_iam(&document?.unwrap_or_default());
        }
        Ok(Some(size))
    }
}

/// Decodes a document, which IAM hands out percent-encoded (RFC 3986).
fn decoded(document: &str) -> Result<String, Fault> {
    let text = percent_encoding::percent_decode_str(document).decode_utf8();
    Ok(text.map_err(|error| Fault::new("read a policy", error))?.into_owned())
}
