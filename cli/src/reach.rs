//! The reach of a deployment, as its parameters limit it, and the grants of the rules beyond it.
//!
//! A grant beyond the reach fails when it is to open, after people have approved it. Publishing and
//! the doctor therefore report it beforehand.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use domain::grant::{Grant, PolicyArn, PrincipalName};
use rules::{
    directory::{GrantTemplate, Holder},
    source::RuleSet,
};

/// The parameters of a stack, by name.
pub(crate) type Parameters = BTreeMap<String, String>;

/// Reads the parameters of a stack.
pub(crate) async fn parameters(sdk: &SdkConfig, stack: &str) -> Result<Parameters> {
    let client = aws_sdk_cloudformation::Client::new(sdk);
    let described = client.describe_stacks().stack_name(stack).send().await?;
    let found = described.stacks().first().context("CloudFormation describes no stack")?;
    let parameters = found.parameters().iter();
    let pair = parameters
        .filter_map(|p| Some((p.parameter_key()?.to_owned(), p.parameter_value()?.to_owned())));
    Ok(pair.collect())
}

/// Grants of the rules that this deployment may not give, one sentence for each entry.
pub(crate) fn beyond(rules: &RuleSet, parameters: &Parameters) -> Vec<String> {
    let reach = ParameterScope(parameters);
    let entries = rules.catalogue().iter();
    entries
        .filter_map(|(id, entry)| {
            let lacking = reach.lacks(&entry.grant)?;
            Some(format!("`{id}` would fail when it is to open: {lacking}"))
        })
        .collect()
}

struct ParameterScope<'a>(&'a Parameters);

impl ParameterScope<'_> {
    fn lacks(&self, grant: &GrantTemplate) -> Option<String> {
        match grant {
            GrantTemplate::InlinePolicy { to, .. } => self.holder(to),
            GrantTemplate::ManagedPolicy { to, policy } => {
                self.holder(to).or_else(|| self.managed(policy))
            }
            GrantTemplate::Session(Grant::Session { role, .. }) => {
                let named = self.list("SessionRoles").any(|known| covers(known, role.as_str()));
                (!named).then(|| format!("the parameter SessionRoles does not name {role}"))
            }
            GrantTemplate::Session(_) => None,
        }
    }

    fn holder(&self, to: &Holder) -> Option<String> {
        match to {
            // The rules do not contain the path of a user. Only IAM knows it.
            Holder::Requester => None,
            Holder::Role(name) => {
                let named = self.list("Roles").any(|known| names(known, name));
                (!named).then(|| format!("the parameter Roles does not name the role {name}"))
            }
        }
    }

    fn managed(&self, policy: &PolicyArn) -> Option<String> {
        let named = self.list("ManagedPolicies").any(|known| covers(known, policy.as_str()));
        (!named).then(|| format!("the parameter ManagedPolicies does not name {policy}"))
    }

    fn list(&self, parameter: &str) -> impl Iterator<Item = &str> {
        let value = self.0.get(parameter).map(String::as_str).unwrap_or_default();
        value.split(',').map(str::trim).filter(|one| !one.is_empty())
    }
}

/// Whether an ARN of a parameter, which may end in a star, covers this one.
fn covers(known: &str, arn: &str) -> bool {
    match known.split_once('*') {
        Some((beginning, _)) => arn.starts_with(beginning),
        None => known == arn,
    }
}

/// Whether an ARN of a role, which may end in a star, fits the role of this name at some path.
fn names(known: &str, role: &PrincipalName) -> bool {
    let last = known.rsplit('/').next().unwrap_or_default();
    covers(last, role.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters() -> Parameters {
        let role = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
        [
            ("Roles", format!("{},{}", role("team/build"), role("team-*"))),
            ("SessionRoles", role("orders/reader")),
            ("ManagedPolicies", "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    #[test]
    fn what_the_parameters_do_not_name_is_said_before_anybody_approves_it() {
        let parameters = parameters();
        let reach = ParameterScope(&parameters);
        let managed = |to: Holder, policy: &str| {
            reach.lacks(&GrantTemplate::ManagedPolicy { to, policy: policy.parse().unwrap() })
        };
        let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess";
        let role = |name: &str| Holder::Role(name.parse().unwrap());
        assert_eq!(managed(Holder::Requester, read_only), None);
        assert_eq!(managed(role("build"), read_only), None);
        assert_eq!(managed(role("team-7"), read_only), None);
        assert_eq!(
            managed(role("deploy"), read_only).unwrap(),
            "the parameter Roles does not name the role deploy"
        );
        assert_eq!(
            managed(Holder::Requester, "arn:aws:iam::aws:policy/AdministratorAccess").unwrap(),
            "the parameter ManagedPolicies does not name arn:aws:iam::aws:policy/AdministratorAccess"
        );
    }
}
