//! One rule, and the facts that it looks at.

use std::collections::BTreeSet;

use cedar_policy::{ActionConstraint, Effect, EntityUid, Policy};
use serde_json::Value;

use super::{Action, facts::SITUATIONAL};

/// The prefix of the names of base rules. No other rule may have it.
pub(super) const BASE: &str = "base/";

/// A policy, and the facts that it looks at.
pub(crate) struct Rule {
    pub(crate) policy: Policy,
    /// The facts of a call that it looks at; `*` for all of them.
    facts: BTreeSet<String>,
}

impl Rule {
    /// Makes a rule from a policy and its JSON form. Only the JSON form shows which facts a policy
    /// looks at.
    pub(super) fn new(policy: Policy, json: &Value) -> Self {
        Self { policy, facts: facts_of(json) }
    }

    /// Whether the rule applies to an action.
    pub(super) fn is_about(&self, action: Action) -> bool {
        let names = |uid: &EntityUid| uid.id().unescaped() == action.name();
        match self.policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(uid) => names(&uid),
            ActionConstraint::In(uids) => uids.iter().any(names),
        }
    }

    pub(super) fn permits(&self) -> bool {
        self.policy.effect() == Effect::Permit
    }

    /// Whether the rule is part of the base. The code that resolves people already follows the
    /// base.
    pub(super) fn is_base(&self) -> bool {
        self.policy.annotation("id").is_some_and(|id| id.starts_with(BASE))
    }

    /// The rule as if its facts were suitable: the scope without the conditions. A rule that looks
    /// at no fact stays as it is.
    pub(super) fn at_best(&self) -> Policy {
        let unconditional = || {
            let mut json = self.policy.to_json().ok()?;
            *json.get_mut("conditions")? = Value::Array(Vec::new());
            Policy::from_json(Some(self.policy.id().clone()), json).ok()
        };
        let as_it_is = || self.policy.clone();
        if self.is_blanket() { as_it_is() } else { unconditional().unwrap_or_else(as_it_is) }
    }

    /// Whether it looks at no fact of a call.
    pub(super) fn is_blanket(&self) -> bool {
        self.facts.is_empty()
    }

    /// Whether it looks at no fact besides the requester.
    pub(super) fn is_personal(&self) -> bool {
        self.facts.iter().all(|fact| fact == "requester")
    }

    /// Whether it gives the same answer at any time and from any place.
    pub(super) fn is_time_independent(&self) -> bool {
        !self.facts.contains("*") && SITUATIONAL.iter().all(|fact| !self.facts.contains(*fact))
    }
}

/// The facts of a call that a rule looks at; `*` if they cannot be determined.
fn facts_of(json: &Value) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    if json.is_null() {
        facts.insert("*".to_owned());
    }
    walk(json, &mut |value| {
        if value.pointer("/left/Var").and_then(Value::as_str) == Some("context") {
            let attribute = value.get("attr").and_then(Value::as_str);
            facts.insert(attribute.unwrap_or("*").to_owned());
        }
    });
    facts
}

/// Calls `see` with a value and with every value inside it.
pub(super) fn walk(value: &Value, see: &mut impl FnMut(&Value)) {
    see(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, see)),
        Value::Object(fields) => fields.values().for_each(|field| walk(field, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
