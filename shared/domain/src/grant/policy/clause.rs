//! The statements of a policy as facts, for people to read before they decide.

use super::{OneOrMany, PolicyDocument, PolicyEffect, PolicyStatement};

/// One statement of a policy. It says less than the policy itself, which is shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyClause {
    /// Whether it allows or denies.
    pub effect: PolicyEffect,
    /// The actions.
    pub actions: Scope,
    /// The resources.
    pub resources: Scope,
    /// The conditions. Each must hold.
    pub conditions: Vec<PolicyCondition>,
}

/// A list, or everything but a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// These only.
    Only(Vec<String>),
    /// All but these.
    AllBut(Vec<String>),
}

/// One condition of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyCondition {
    /// The condition key.
    pub key: String,
    /// The operator.
    pub operator: String,
    /// The values. One of them is enough.
    pub values: Vec<String>,
}

impl PolicyDocument {
    /// The statements, in their order.
    pub fn clauses(&self) -> impl Iterator<Item = PolicyClause> {
        self.statements.iter().map(PolicyClause::of)
    }
}

impl PolicyClause {
    fn of(statement: &PolicyStatement) -> Self {
        let conditions = statement.condition.all().map(|(operator, key, values)| PolicyCondition {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values: values.iter().map(ToString::to_string).collect(),
        });
        Self {
            effect: statement.effect,
            actions: Scope::of(statement.action.as_ref(), statement.not_action.as_ref()),
            resources: Scope::of(statement.resource.as_ref(), statement.not_resource.as_ref()),
            conditions: conditions.collect(),
        }
    }
}

impl Scope {
    /// Reads the scope from a pair such as `Action` and `NotAction`. A checked statement has
    /// exactly one of the two.
    fn of(named: Option<&OneOrMany<String>>, but: Option<&OneOrMany<String>>) -> Self {
        match (named, but) {
            (None, Some(but)) => Self::AllBut(but.all().to_vec()),
            (Some(named), _) => Self::Only(named.all().to_vec()),
            (None, None) => Self::Only(Vec::new()),
        }
    }
}
