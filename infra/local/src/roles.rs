//! The grants of the rules other than inline policies: managed policies, and roles whose sessions
//! are minted. In a real account they exist already.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use domain::grant::{Grant, PolicyArn, RoleArn};
use portcullis::trust;
use rules::{directory::GrantTemplate, source::RuleSet};

use crate::ministack::Ministack;

/// The grants other than inline policies.
#[derive(Debug, Default)]
pub struct Granted {
    /// The managed policies.
    pub policies: BTreeSet<PolicyArn>,
    /// The grants by session.
    pub sessions: Vec<Grant>,
}

impl Granted {
    /// The grants of these rules.
    pub fn by(rules: &RuleSet) -> Self {
        let mut granted = Self::default();
        for entry in rules.catalogue().values() {
            match &entry.grant {
                GrantTemplate::InlinePolicy { .. } => {}
                GrantTemplate::ManagedPolicy { policy, .. } => {
                    granted.policies.insert(policy.clone());
                }
                GrantTemplate::Session(grant) => granted.sessions.push(grant.clone()),
            }
        }
        granted
    }

    /// The roles whose sessions are minted.
    pub fn roles(&self) -> BTreeSet<&RoleArn> {
        self.sessions.iter().filter_map(role).collect()
    }

    /// Makes the policies and the roles. Each permits to read the orders, and each role trusts
    /// `session_role` under the conditions of its grant.
    pub async fn create(&self, aws: &Ministack, session_role: &RoleArn) -> Result<()> {
        let iam = aws_sdk_iam::Client::new(&aws.root().await);
        for policy in self.policies.iter().filter(|policy| !policy.as_str().contains("::aws:")) {
            let name = policy.as_str().rsplit('/').next().context("a policy without a name")?;
            iam.create_policy().policy_name(name).policy_document(reading()).send().await?;
        }
        let mut made = BTreeSet::new();
        for grant in &self.sessions {
            let Some(role) = role(grant).filter(|role| made.insert(*role)) else { continue };
            let trust = trust::policy(grant, session_role).to_string();
            create_role(&aws.root_of(role.account()).await, role, &trust).await?;
        }
        Ok(())
    }
}

/// Makes a role that permits to read the orders, with this trust policy.
pub async fn create_role(root: &SdkConfig, role: &RoleArn, trust: &str) -> Result<()> {
    let iam = aws_sdk_iam::Client::new(root);
    let name = role.as_str().rsplit('/').next().unwrap_or_default();
    iam.create_role().role_name(name).assume_role_policy_document(trust).send().await?;
    iam.put_role_policy()
        .role_name(name)
        .policy_name("read-orders")
        .policy_document(reading())
        .send()
        .await?;
    Ok(())
}

fn role(grant: &Grant) -> Option<&RoleArn> {
    match grant {
        Grant::Session { role, .. } => Some(role),
        Grant::InlinePolicy { .. } | Grant::ManagedPolicy { .. } => None,
    }
}

fn reading() -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": "dynamodb:GetItem",
            "Resource": "arn:aws:dynamodb:*:*:table/orders",
        }],
    })
    .to_string()
}
