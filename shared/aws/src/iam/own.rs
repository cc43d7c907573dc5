//! Changes to the parts of IAM that grants are made of, in the name of a deployment.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_iam::types::Tag;
use domain::{
    grant::{Deployment, PolicyArn, Principal, UniqueId},
    value::RequestId,
};
use service::{
    Fault,
    ports::{Applied, IamRead, IamWrite, Inventory, Mark},
};

use super::{
    AwsIam,
    answer::{What, gone, taken},
    inventory,
};

/// Pauses between reads that wait for IAM to show a change, about six seconds together. A change
/// takes a moment to reach all of IAM.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
fn pauses() -> impl Iterator<Item = Duration> {
    (0..5).map(|doubled| Duration::from_millis(200 << doubled))
}

impl AwsIam<Deployment> {
    /// The key of the tag that marks the grant of this request.
    fn tag_key(&self, id: &RequestId) -> String {
        format!("portcullis:{}:{id}", self.deployment)
    }
}

impl IamWrite for AwsIam<Deployment> {
    fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    async fn shows_policy(
        &self,
        on: &Principal,
        name: &str,
        document: &str,
    ) -> Result<bool, Fault> {
        for pause in pauses() {
            if self.read_policy(on, name).await?.as_deref() == Some(document) {
                return Ok(true);
            }
            tokio::time::sleep(pause).await;
        }
        Ok(self.read_policy(on, name).await?.as_deref() == Some(document))
    }

    async fn shows_attached(&self, on: &Principal, policy: &PolicyArn) -> Result<bool, Fault> {
        let there = |attached: Option<BTreeSet<PolicyArn>>| {
            attached.is_some_and(|attached| attached.contains(policy))
        };
        for pause in pauses() {
            if there(self.attached(on).await?) {
                return Ok(true);
            }
            tokio::time::sleep(pause).await;
        }
        Ok(there(self.attached(on).await?))
    }

    async fn find_user(&self, unique_id: &UniqueId) -> Result<Option<Principal>, Fault> {
        let mut users = self.client.list_users().into_paginator().items().send();
        while let Some(user) = users.next().await {
            let user =
                user.map_err(|error| Fault::new("find the renamed user", error).on(unique_id))?;
            if user.user_id() == unique_id.as_str() {
                return Ok(user.user_name().parse().ok().map(Principal::User));
            }
        }
        Ok(None)
    }

    async fn put_policy(
        &self,
        on: &Principal,
        name: &str,
        document: &str,
    ) -> Result<Applied, Fault> {
        let object = format!("{name} on {on}");
        let what = &What("put policy", &object);
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
        self.document(on, name).await
    }

    async fn delete_policy(&self, on: &Principal, name: &str) -> Result<(), Fault> {
        let object = format!("{name} on {on}");
        let what = &What("delete policy", &object);
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

    async fn attach(&self, on: &Principal, policy: &PolicyArn) -> Result<Applied, Fault> {
        let object = format!("{policy} to {on}");
        let what = &What("attach", &object);
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
        let object = format!("{policy} from {on}");
        let what = &What("detach", &object);
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

    async fn mark(&self, on: &Principal, id: &RequestId, mark: &Mark) -> Result<Applied, Fault> {
        let object = format!("{id} on {on}");
        let what = &What("mark the grant of request", &object);
        let value = format!("{} {}", mark.ends_at.as_second(), mark.policy);
        let tag = Tag::builder().key(self.tag_key(id)).value(value).build();
        let tag = tag.map_err(|error| what.failed(error))?;
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

    async fn is_marked(&self, on: &Principal, id: &RequestId) -> Result<bool, Fault> {
        let object = format!("{id} on {on}");
        let what = &What("read the mark of request", &object);
        let wanted = self.tag_key(id);
        let marked = |tags: &[Tag]| tags.iter().any(|tag| tag.key() == wanted);
        // These calls return the tags as well, so that no other permission is needed.
        match on {
            Principal::User(user) => {
                let got = self.client.get_user().user_name(user.as_str()).send().await;
                let got = got.map_err(|error| what.failed(error))?;
                Ok(got.user.is_some_and(|user| marked(user.tags())))
            }
            Principal::Role(role) => {
                let got = self.client.get_role().role_name(role.as_str()).send().await;
                let got = got.map_err(|error| what.failed(error))?;
                Ok(got.role.is_some_and(|role| marked(role.tags())))
            }
        }
    }

    async fn unmark(&self, on: &Principal, id: &RequestId) -> Result<(), Fault> {
        let object = format!("{id} on {on}");
        let what = &What("delete the mark of request", &object);
        match on {
            Principal::User(user) => {
                let call = self.client.untag_user().user_name(user.as_str());
                gone(what, call.tag_keys(self.tag_key(id)).send().await)
            }
            Principal::Role(role) => {
                let call = self.client.untag_role().role_name(role.as_str());
                gone(what, call.tag_keys(self.tag_key(id)).send().await)
            }
        }
    }

    async fn inventory(&self) -> Result<Inventory, Fault> {
        inventory::of(&self.client, &self.deployment).await
    }
}
