//! One rule: what has to be known of it before it is asked.

use std::collections::BTreeSet;

use cedar_policy::{ActionConstraint, Effect, EntityUid, Policy};
use serde_json::Value;

use super::{Action, facts::SITUATIONAL};

/// What the names of the base begin with, and no others.
pub(super) const BASE: &str = "base/";

/// One rule, and what has to be known of it before it is asked.
pub(crate) struct Rule {
    pub(crate) policy: Policy,
    /// The facts of a call that it looks at; `*` for all of them.
    facts: BTreeSet<String>,
}

impl Rule {
    /// A rule, and the same as JSON: Cedar shows what a rule looks at in no other way.
    pub(super) fn new(policy: Policy, json: &Value) -> Self {
        Self { policy, facts: facts_of(json) }
    }

    /// Whether it has a say in an action.
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

    /// The base is part of how people are resolved already.
    pub(super) fn is_base(&self) -> bool {
        self.policy.annotation("id").is_some_and(|id| id.starts_with(BASE))
    }

    /// The rule as it is if the facts it looks at are the right ones: for whom it is
    /// and for what, without its conditions.
    pub(super) fn at_best(&self) -> Policy {
        let unconditional = || {
            let mut json = self.policy.to_json().ok()?;
            *json.get_mut("conditions")? = Value::Array(Vec::new());
            Policy::from_json(Some(self.policy.id().clone()), json).ok()
        };
        let as_it_is = || self.policy.clone();
        if self.is_blanket() { as_it_is() } else { unconditional().unwrap_or_else(as_it_is) }
    }

    /// Whether it says the same whatever is asked for.
    pub(super) fn is_blanket(&self) -> bool {
        self.facts.is_empty()
    }

    /// Whether it says the same whatever the same person asks for.
    pub(super) fn is_personal(&self) -> bool {
        self.facts.iter().all(|fact| fact == "requester")
    }

    /// Whether it says the same at any moment and from any place.
    pub(super) fn is_time_independent(&self) -> bool {
        !self.facts.contains("*") && SITUATIONAL.iter().all(|fact| !self.facts.contains(*fact))
    }
}

/// The facts of a call that a rule looks at. What cannot be told counts as all.
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

/// Shows every value inside a value, itself included.
pub(super) fn walk(value: &Value, see: &mut impl FnMut(&Value)) {
    see(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, see)),
        Value::Object(fields) => fields.values().for_each(|field| walk(field, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
