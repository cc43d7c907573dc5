//! The texts of policies in IAM, which are read when rules that grant them are published.

use domain::grant::{PolicyArn, Principal, PrincipalName};
use service::{
    Fault,
    ports::{IamRead, PolicyTexts},
};

use super::{
    AwsIam,
    answer::{What, seen},
    decoded,
};

impl<D: super::InNameOf> PolicyTexts for AwsIam<D> {
    async fn managed(&self, policy: &PolicyArn) -> Result<Option<String>, Fault> {
        let what = &What("read managed policy", policy);
        let sent = self.client.get_policy().policy_arn(policy.as_str()).send().await;
        let version = seen(what, sent)?.and_then(|answer| answer.policy?.default_version_id);
        let Some(version) = version else { return Ok(None) };
        let get = self.client.get_policy_version().policy_arn(policy.as_str());
        let sent = get.version_id(version).send().await;
        let document = seen(what, sent)?.and_then(|answer| answer.policy_version?.document);
        document.map(|document| decoded(&document)).transpose()
    }

    async fn of_role(&self, role: &PrincipalName) -> Result<Option<Vec<(String, String)>>, Fault> {
        let on = Principal::Role(role.clone());
        let Some(names) = self.policy_names(&on).await? else { return Ok(None) };
        let mut texts = Vec::new();
        for name in names {
            let text = self.document(&on, &name).await?;
            texts.extend(text.map(|text| (format!("{name} of role {role}"), text)));
        }
        for policy in self.attached(&on).await?.unwrap_or_default() {
            // An unreadable policy may allow anything, so there is no answer at all.
            let Some(text) = self.managed(&policy).await? else { return Ok(None) };
            texts.push((policy.to_string(), text));
        }
        Ok(Some(texts))
    }
}
