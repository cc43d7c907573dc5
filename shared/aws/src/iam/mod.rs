//! IAM: users and roles, and what is put on them.
//!
//! IAM has each call twice, for users and for roles; here each is one method. What
//! IAM answers by name is told apart in [`answer`]: what will never work, what is gone
//! already, and what is a failure.

mod answer;
mod inventory;

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_iam::{Client, types::Tag};
use domain::{PolicyArn, Principal, PrincipalName, RequestId, UniqueId, size_in_iam};
use jiff::Timestamp;
use service::{
    Fault,
    ports::{FoundRole, Iam, IamSight, Identity, Inventory, Mark, RoleLookup, Taken},
};

use answer::{found, gone, seen, taken};

/// IAM, with the power this program was given.
#[derive(Debug, Clone)]
pub struct AwsIam {
    client: Client,
}

impl AwsIam {
    /// Uses the credentials of this configuration.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { client: Client::new(sdk) }
    }

    async fn policy_names(&self, on: &Principal) -> Result<Option<Vec<String>>, Fault> {
        let what = "list inline policies";
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

impl RoleLookup for AwsIam {
    async fn look_up(&self, role: &PrincipalName) -> Result<Option<FoundRole>, Fault> {
        let what = "look up a role";
        let sent = self.client.get_role().role_name(role.as_str()).send().await;
        let Some(role) = seen(what, sent)?.and_then(|answer| answer.role) else { return Ok(None) };
        let unique_id = role.role_id.parse().map_err(|error| Fault::new(what, error))?;
        Ok(Some(FoundRole { unique_id, path: role.path }))
    }
}

impl IamSight for AwsIam {
    async fn identify(&self, principal: &Principal) -> Result<Option<Identity>, Fault> {
        let what = "look up a principal";
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
        let name = name.parse().map_err(|error| Fault::new(what, error))?;
        let unique_id: UniqueId = id.parse().map_err(|error| Fault::new(what, error))?;
        let principal = match principal {
            Principal::User(_) => Principal::User(name),
            Principal::Role(_) => Principal::Role(name),
        };
        Ok(Some(Identity { principal, unique_id }))
    }

    async fn attached(&self, on: &Principal) -> Result<Option<BTreeSet<PolicyArn>>, Fault> {
        let what = "list attached policies";
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
            // What cannot be granted is nobody's of ours.
            attached.extend(arns.filter_map(|arn| arn.parse::<PolicyArn>().ok()));
            if next.is_none() {
                return Ok(Some(attached));
            }
            marker = next;
        }
    }

    async fn inline_size(&self, on: &Principal) -> Result<Option<usize>, Fault> {
        let Some(names) = self.policy_names(on).await? else { return Ok(None) };
        let read = names.iter().map(|name| self.read_policy(on, name));
        let mut size = 0;
        for document in futures_util::future::join_all(read).await {
            size += size_in_iam(&document?.unwrap_or_default());
        }
        Ok(Some(size))
    }
}

impl Iam for AwsIam {
    async fn put_policy(&self, on: &Principal, name: &str, document: &str) -> Result<Taken, Fault> {
        let what = "put the policy of a grant";
        match on {
            Principal::User(user) => {
                let put = self.client.put_user_policy().user_name(user.as_str());
                taken(what, put.policy_name(name).policy_document(document).send().await)
            }
            Principal::Role(role) => {
                let put = self.client.put_role_policy().role_name(role.as_str());
                taken(what, put.policy_name(name).policy_document(document).send().await)
            }
        }
    }

    async fn read_policy(&self, on: &Principal, name: &str) -> Result<Option<String>, Fault> {
        let what = "read the policy of a grant";
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

    async fn delete_policy(&self, on: &Principal, name: &str) -> Result<(), Fault> {
        let what = "delete the policy of a grant";
        match on {
            Principal::User(user) => {
                let delete = self.client.delete_user_policy().user_name(user.as_str());
                gone(what, delete.policy_name(name).send().await)
            }
            Principal::Role(role) => {
                let delete = self.client.delete_role_policy().role_name(role.as_str());
                gone(what, delete.policy_name(name).send().await)
            }
        }
    }

    async fn attach(&self, on: &Principal, policy: &PolicyArn) -> Result<Taken, Fault> {
        let what = "attach a managed policy";
        match on {
            Principal::User(user) => {
                let attach = self.client.attach_user_policy().user_name(user.as_str());
                taken(what, attach.policy_arn(policy.as_str()).send().await)
            }
            Principal::Role(role) => {
                let attach = self.client.attach_role_policy().role_name(role.as_str());
                taken(what, attach.policy_arn(policy.as_str()).send().await)
            }
        }
    }

    async fn detach(&self, on: &Principal, policy: &PolicyArn) -> Result<(), Fault> {
        let what = "detach a managed policy";
        match on {
            Principal::User(user) => {
                let detach = self.client.detach_user_policy().user_name(user.as_str());
                gone(what, detach.policy_arn(policy.as_str()).send().await)
            }
            Principal::Role(role) => {
                let detach = self.client.detach_role_policy().role_name(role.as_str());
                gone(what, detach.policy_arn(policy.as_str()).send().await)
            }
        }
    }

    async fn mark(&self, on: &Principal, id: &RequestId, mark: &Mark) -> Result<Taken, Fault> {
        let what = "mark what a grant holds";
        let value = format!("{} {}", mark.ends_at.as_second(), mark.policy);
        let tag = Tag::builder().key(tag_key(id)).value(value).build();
        let tag = tag.map_err(|error| Fault::new(what, error))?;
        match on {
            Principal::User(user) => {
                let call = self.client.tag_user().user_name(user.as_str());
                taken(what, call.tags(tag).send().await)
            }
            Principal::Role(role) => {
                let call = self.client.tag_role().role_name(role.as_str());
                taken(what, call.tags(tag).send().await)
            }
        }
    }

    async fn unmark(&self, on: &Principal, id: &RequestId) -> Result<(), Fault> {
        let what = "unmark what a grant held";
        match on {
            Principal::User(user) => {
                let call = self.client.untag_user().user_name(user.as_str());
                gone(what, call.tag_keys(tag_key(id)).send().await)
            }
            Principal::Role(role) => {
                let call = self.client.untag_role().role_name(role.as_str());
                gone(what, call.tag_keys(tag_key(id)).send().await)
            }
        }
    }

    async fn inventory(&self) -> Result<Inventory, Fault> {
        inventory::of(&self.client).await
    }
}

/// The grant a tag speaks of, and what it says of it.
fn mark_in(tag: &Tag) -> Option<(RequestId, Mark)> {
    let id = tag.key().strip_prefix("portcullis:")?.parse().ok()?;
    let (ends_at, policy) = tag.value().split_once(' ')?;
    let ends_at = Timestamp::from_second(ends_at.parse().ok()?).ok()?;
    Some((id, Mark { policy: policy.parse().ok()?, ends_at }))
}

/// The tag that says what a grant holds.
fn tag_key(id: &RequestId) -> String {
    format!("portcullis:{id}")
}

/// IAM hands out documents percent-encoded (RFC 3986).
fn decoded(document: &str) -> Result<String, Fault> {
    let text = percent_encoding::percent_decode_str(document).decode_utf8();
    Ok(text.map_err(|error| Fault::new("read a policy", error))?.into_owned())
}
