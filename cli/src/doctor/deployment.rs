//! The deployment: its stack, as CloudFormation describes it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use aws_config::SdkConfig;
use aws_sdk_cloudformation::{Client, error::ProvideErrorMetadata};

use super::finding::Findings;

/// A stack, with its parameters, outputs and parts by name.
pub(super) struct DeployedStack {
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) outputs: BTreeMap<String, String>,
    /// Physical ids, by kind and logical id.
    pub(super) resources: Vec<Resource>,
}

pub(super) struct Resource {
    pub(super) logical: String,
    pub(super) kind: String,
    pub(super) physical: String,
}

impl DeployedStack {
    /// Reads a stack. None if CloudFormation does not let us, which is a finding. A missing stack
    /// is an error: there is nothing to examine.
    pub(super) async fn of(
        sdk: &SdkConfig,
        name: &str,
        findings: &mut Findings,
    ) -> Result<Option<Self>> {
        let client = Client::new(sdk);
        let described = match client.describe_stacks().stack_name(name).send().await {
            Ok(described) => described,
            Err(error) if error.code() == Some("ValidationError") => bail!(
                "there is no stack `{name}` here; say --stack, and look at account and region"
            ),
            Err(error) => {
                findings.could_not_check("stack", &error);
                return Ok(None);
            }
        };
        let stack = described.stacks().first().context("CloudFormation describes no stack")?;
        let pair =
            |key: Option<&str>, value: Option<&str>| Some((key?.to_owned(), value?.to_owned()));
        let parameters = stack.parameters().iter();
        let outputs = stack.outputs().iter();
        let mut pages =
            client.list_stack_resources().stack_name(name).into_paginator().items().send();
        let mut resources = Vec::new();
        while let Some(resource) = pages.next().await {
            let resource =
                resource.context("CloudFormation does not list the parts of the stack")?;
            resources.push(Resource {
                logical: resource.logical_resource_id.unwrap_or_default(),
                kind: resource.resource_type.unwrap_or_default(),
                physical: resource.physical_resource_id.unwrap_or_default(),
            });
        }
        Ok(Some(Self {
            parameters: parameters
                .filter_map(|p| pair(p.parameter_key(), p.parameter_value()))
                .collect(),
            outputs: outputs.filter_map(|o| pair(o.output_key(), o.output_value())).collect(),
            resources,
        }))
    }

    /// A parameter. None if it is missing or empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The physical id of the resource with this logical id. Empty if there is none.
    pub(super) fn physical(&self, logical: &str) -> &str {
        let found = self.resources.iter().find(|resource| resource.logical == logical);
        found.map(|resource| resource.physical.as_str()).unwrap_or_default()
    }

    /// The schedule that calls this function.
    pub(super) fn schedule_of(&self, function: &str) -> Option<&str> {
        let of_it = |resource: &&Resource| {
            resource.kind == "AWS::Scheduler::Schedule" && resource.logical.starts_with(function)
        };
        self.resources.iter().find(of_it).map(|resource| resource.physical.as_str())
    }
}
