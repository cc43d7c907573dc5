//! A question to the evaluator, with the answer that is expected.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

/// The account of all resources.
pub(crate) const ACCOUNT: &str = "123456789012";

/// A decision of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The call is allowed.
    Allowed,
    /// No policy allows the call.
    Implicit,
    /// A policy forbids the call, even if others allow it.
    Explicit,
}

impl Decision {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Allowed => "Allowed",
            Self::Implicit => "ImplicitlyDenied",
            Self::Explicit => "ExplicitlyDenied",
        }
    }
}

/// A call, the policies that apply to it, and the expected decision.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case {
    name: String,
    principal: String,
    action: String,
    resource: String,
    account: String,
    context: BTreeMap<String, Value>,
    identity: Vec<Value>,
    session: Option<Value>,
    boundary: Option<Value>,
    resource_policy: Option<Value>,
    #[serde(skip)]
    pub(crate) expected: Decision,
}

impl Case {
    /// A call by one of our roles, at noon (UTC).
    pub(crate) fn new(action: &str, resource: &str, expected: Decision) -> Self {
        let case = Self {
            name: format!("{action} on {resource}"),
            principal: String::new(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            account: ACCOUNT.to_owned(),
            context: BTreeMap::new(),
            identity: Vec::new(),
            session: None,
            boundary: None,
            resource_policy: None,
            expected,
        };
        case.by_role("caller", "AROAEXAMPLEEXAMPLE001").at("2026-05-04T12:00:00Z")
    }

    /// Adds a name that tells the case from others.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = format!("{name}: {}", self.name);
        self
    }

    pub(crate) fn by_user(mut self, name: &str, id: &str) -> Self {
        self.principal = format!("arn:aws:iam::{ACCOUNT}:user/{name}");
        let arn = self.principal.clone();
        self.with("aws:PrincipalArn", json!(arn)).with("aws:userid", json!(id))
    }

    pub(crate) fn by_role(mut self, name: &str, id: &str) -> Self {
        self.principal = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/session");
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
        self.with("aws:PrincipalArn", json!(arn)).with("aws:userid", json!(format!("{id}:session")))
    }

    pub(crate) fn by_service(mut self, service: &str) -> Self {
        service.clone_into(&mut self.principal);
        self.context.clear();
        self
    }

    pub(crate) fn at(self, time: &str) -> Self {
        self.with("aws:CurrentTime", json!(time))
    }

    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.context.insert(key.to_owned(), value);
        self
    }

    /// The call without a key that it had.
    pub(crate) fn without(mut self, key: &str) -> Self {
        self.context.remove(key);
        self
    }

    pub(crate) fn identity(mut self, policies: impl IntoIterator<Item = Value>) -> Self {
        self.identity.extend(policies);
        self
    }

    pub(crate) fn session(mut self, policy: &str) -> Self {
        self.session = Some(serde_json::from_str(policy).unwrap());
        self
    }

    pub(crate) fn resource_policy(mut self, policy: Value) -> Self {
        self.resource_policy = Some(policy);
        self
    }

    pub(crate) fn in_account(mut self, account: &str) -> Self {
        account.clone_into(&mut self.account);
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// A policy that allows this action on this resource.
pub(crate) fn allow(action: &str, resource: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": action, "Resource": resource }],
    })
}
