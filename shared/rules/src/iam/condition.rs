//! Checks conditions: the operators exist, their values fit, and no name stands twice.

use std::collections::BTreeMap;

use jsonc_parser::ast::{Object, Value};

use super::{
    Mistakes, kind, list, place,
    value::{self, Compares},
    variable,
};

/// All operators, without `ForAllValues:`, `ForAnyValue:` and `IfExists`.
const OPERATORS: [(&str, Compares); 27] = [
    ("StringEquals", Compares::Texts),
    ("StringNotEquals", Compares::Texts),
    ("StringEqualsIgnoreCase", Compares::Texts),
    ("StringNotEqualsIgnoreCase", Compares::Texts),
    ("StringLike", Compares::Texts),
    ("StringNotLike", Compares::Texts),
    ("NumericEquals", Compares::Numbers),
    ("NumericNotEquals", Compares::Numbers),
    ("NumericLessThan", Compares::Numbers),
    ("NumericLessThanEquals", Compares::Numbers),
    ("NumericGreaterThan", Compares::Numbers),
    ("NumericGreaterThanEquals", Compares::Numbers),
    ("DateEquals", Compares::Dates),
    ("DateNotEquals", Compares::Dates),
    ("DateLessThan", Compares::Dates),
    ("DateLessThanEquals", Compares::Dates),
    ("DateGreaterThan", Compares::Dates),
    ("DateGreaterThanEquals", Compares::Dates),
    ("Bool", Compares::Truth),
    ("BinaryEquals", Compares::Bytes),
    ("IpAddress", Compares::Addresses),
    ("NotIpAddress", Compares::Addresses),
    ("ArnEquals", Compares::Arns),
    ("ArnLike", Compares::Arns),
    ("ArnNotEquals", Compares::Arns),
    ("ArnNotLike", Compares::Arns),
    ("Null", Compares::Presence),
];

/// Checks the conditions of a statement.
pub(super) fn check(conditions: &Value, mistakes: &mut Mistakes<'_>) {
    let Value::Object(operators) = conditions else {
        let message = format!("`Condition` is an object, not {}", kind(conditions));
        return mistakes.say(place(conditions), message);
    };
    unique(operators, mistakes);
    for operator in &operators.properties {
        let name = operator.name.as_str();
        let Value::Object(keys) = &operator.value else {
            let message = format!("`{name}` holds condition keys, not {}", kind(&operator.value));
            mistakes.say(place(&operator.value), message);
            continue;
        };
        unique(keys, mistakes);
        match compares(name) {
            Some(compares) => keys.properties.iter().for_each(|key| {
                values(&key.value, compares, mistakes);
                fence(key.name.as_str(), place(&key.name), mistakes);
            }),
            // IAM accepts an unknown operator that has no keys.
            None if keys.properties.is_empty() => {}
            None => mistakes.advise(
                place(&operator.name),
                format!("`{}` is no condition operator", name.escape_debug()),
                near(name),
            ),
        }
    }
}

/// The kind of values of an operator. `None` if there is no such operator.
fn compares(name: &str) -> Option<Compares> {
    let plain = ["ForAllValues:", "ForAnyValue:"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    let plain = match plain.strip_suffix("IfExists") {
        Some("Null") | None => plain,
        Some(plain) => plain,
    };
    OPERATORS.iter().find(|(operator, _)| *operator == plain).map(|(_, compares)| *compares)
}

/// Help for an unknown operator: the name that was probably meant.
fn near(name: &str) -> String {
    let plain = name.rsplit(':').next().unwrap_or(name);
    let plain = plain.strip_suffix("IfExists").unwrap_or(plain);
    match OPERATORS.iter().find(|(operator, _)| operator.eq_ignore_ascii_case(plain)) {
        Some((operator, _)) => format!(
            "write `{operator}`, perhaps with `ForAllValues:` or `ForAnyValue:` before it, and \
             `IfExists` (not for `Null`) behind it"
        ),
        None => "they are called `StringEquals`, `ArnLike`, `Bool` and so on".to_owned(),
    }
}

/// Finds names that stand twice. IAM does not distinguish operators and keys by case.
fn unique(object: &Object, mistakes: &mut Mistakes<'_>) {
    let mut seen = BTreeMap::new();
    for property in &object.properties {
        let name = property.name.as_str();
        if let Some(other) = seen.insert(name.to_ascii_lowercase(), name) {
            let message = if other == name {
                format!("`{name}` stands here twice")
            } else {
                format!("`{other}` and `{name}` are the same name")
            };
            let help = "write it once, with a list of values: one of two would be lost";
            mistakes.advise(place(&property.name), message, help);
        }
    }
}

/// Whether a number stays exactly as it is written on its way to IAM.
fn is_kept(number: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(number).is_ok_and(|read| read.to_string() == number)
}

fn values(given: &Value, compares: Compares, mistakes: &mut Mistakes<'_>) {
    for value in list(given) {
        let text = match value {
            Value::StringLit(text) => text.value.clone(),
            Value::NumberLit(number) => {
                if !is_kept(number.value) {
                    let message = "this number is not kept as it is written: put it in quotes";
                    mistakes.say(place(number), message);
                }
                number.value.into()
            }
            Value::BooleanLit(truth) => truth.value.to_string().into(),
            other @ (Value::Object(_) | Value::Array(_) | Value::NullKeyword(_)) => {
                let message = format!("a value to compare with is a text, not {}", kind(other));
                mistakes.say(place(other), message);
                continue;
            }
        };
        let checked = variable::check(&text).and_then(|()| {
            // The value of a variable is not known yet, but the shape of an ARN is.
            let known = compares == Compares::Arns || !text.contains("${");
            if known { value::check(&text, compares) } else { Ok(()) }
        });
        if let Err(message) = checked {
            mistakes.say(place(value), message);
        }
    }
}

/// Refuses the keys that the fence of a grant uses: values under one key are alternatives, so that
/// another date would widen the fence.
fn fence(key: &str, place: std::ops::Range<usize>, mistakes: &mut Mistakes<'_>) {
    if domain::grant::FENCE_KEYS.iter().any(|own| own.eq_ignore_ascii_case(key)) {
        mistakes.advise(
            place,
            format!("`{key}` is what the fence of a grant is made of"),
            "leave it out: each statement is given the window, and its holder",
        );
    }
}
