//! Checks the elements of a policy and of its statements.

use std::collections::{BTreeMap, BTreeSet};

use jsonc_parser::ast::{Object, ObjectProp, Value};

use super::{Mistakes, arn, condition, kind, list, place, variable};

/// The version of the policy language that has policy variables.
const VERSION: &str = "2012-10-17";

const OF_A_POLICY: [&str; 3] = ["Version", "Id", "Statement"];
const OF_A_STATEMENT: [&str; 7] =
    ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Checks a whole document.
pub(super) fn check(root: &Value, mistakes: &mut Mistakes<'_>) {
    let Value::Object(policy) = root else {
        return mistakes.say(place(root), format!("a policy is an object, not {}", kind(root)));
    };
    let elements = elements(policy, &OF_A_POLICY, "a policy", mistakes);
    version(policy, elements.get("Version").copied(), mistakes);
    if let Some(id) = elements.get("Id")
        && !matches!(id.value, Value::StringLit(_))
    {
        mistakes.say(place(&id.value), "`Id` is a text");
    }
    match elements.get("Statement").map(|element| &element.value) {
        None => mistakes.say(place(policy), "a policy has a `Statement`"),
        Some(Value::Object(one)) => statement(one, &mut BTreeSet::new(), mistakes),
        Some(Value::Array(list)) if list.elements.is_empty() => {
            mistakes.say(place(list), "a policy has at least one statement");
        }
        Some(Value::Array(list)) => {
            let mut sids = BTreeSet::new();
            for element in &list.elements {
                match element.as_object() {
                    Some(one) => statement(one, &mut sids, mistakes),
                    None => mistakes.say(
                        place(element),
                        format!("a statement is an object, not {}", kind(element)),
                    ),
                }
            }
        }
        Some(other) => mistakes
            .say(place(other), format!("`Statement` is a list of objects, not {}", kind(other))),
    }
}

fn version(policy: &Object, element: Option<&ObjectProp>, mistakes: &mut Mistakes<'_>) {
    let given = element.and_then(|element| element.value.as_string_lit());
    if given.is_some_and(|given| given.value == VERSION) {
        return;
    }
    let place = element.map_or_else(|| place(policy), |element| place(&element.value));
    mistakes.advise(
        place,
        format!("`Version` must be \"{VERSION}\""),
        "in the older language, policy variables such as ${aws:username} are plain text, and IAM \
         takes no managed policies in it",
    );
}

fn statement<'a>(
    statement: &'a Object<'a>,
    sids: &mut BTreeSet<&'a str>,
    mistakes: &mut Mistakes<'_>,
) {
    let elements = elements(statement, &OF_A_STATEMENT, "a statement", mistakes);
    let value = |name: &str| elements.get(name).map(|element| &element.value);
    match value("Effect") {
        None => mistakes.say(place(statement), "a statement has an `Effect`"),
        Some(Value::StringLit(effect)) if ["Allow", "Deny"].contains(&&*effect.value) => {}
        Some(other) => {
            mistakes.say(place(other), "`Effect` is \"Allow\" or \"Deny\", written like this");
        }
    }
    match value("Sid") {
        None => {}
        Some(Value::StringLit(sid)) => {
            if !sid.value.bytes().all(|b| b.is_ascii_alphanumeric()) {
                mistakes.say(place(sid), "a `Sid` is ASCII letters and digits, or empty");
            } else if !sid.value.is_empty() && !sids.insert(&sid.value) {
                mistakes.say(place(sid), "this `Sid` is that of another statement");
            }
        }
        Some(other) => mistakes.say(place(other), format!("`Sid` is a text, not {}", kind(other))),
    }
    for (plain, not, check) in [
        ("Action", "NotAction", action as fn(&str) -> Result<(), String>),
        ("Resource", "NotResource", resource),
    ] {
        match (elements.get(plain), elements.get(not)) {
            (Some(_), Some(&second)) => mistakes
                .say(place(second), format!("write `{plain}` or `{not}`; IAM does not take both")),
            (None, None) => {
                mistakes.say(place(statement), format!("a statement has `{plain}` or `{not}`"));
            }
            (Some(element), None) | (None, Some(element)) => texts(element, check, mistakes),
        }
    }
    if let Some(conditions) = value("Condition") {
        condition::check(conditions, mistakes);
    }
}

/// The elements by name. Elements that do not belong here or stand here twice are problems.
fn elements<'a>(
    object: &'a Object<'a>,
    known: &[&str],
    what: &str,
    mistakes: &mut Mistakes<'_>,
) -> BTreeMap<&'a str, &'a ObjectProp<'a>> {
    let mut elements = BTreeMap::new();
    for element in &object.properties {
        let name = element.name.as_str();
        if !known.contains(&name) {
            let near = known.iter().find(|known| known.eq_ignore_ascii_case(name));
            let help = match (near, name) {
                (Some(near), _) => {
                    format!("write `{near}`: names of elements are told apart by case")
                }
                (None, "Principal" | "NotPrincipal") => {
                    "it is granted to the requester, or to the role the entry names".to_owned()
                }
                (None, _) => format!("{what} has {}", known.join(", ")),
            };
            mistakes.advise(place(&element.name), format!("{what} has no `{name}`"), help);
        } else if elements.insert(name, element).is_some() {
            mistakes.say(place(&element.name), format!("`{name}` stands here twice"));
        }
    }
    elements
}

/// Checks an element that is a text, or a list of at least one text.
fn texts(element: &ObjectProp, check: fn(&str) -> Result<(), String>, mistakes: &mut Mistakes<'_>) {
    let name = element.name.as_str();
    let list = list(&element.value);
    // IAM skips a null in a list of resources.
    let empty =
        |value: &Value| matches!(value, Value::NullKeyword(_)) && name.ends_with("Resource");
    if list.iter().all(empty) {
        mistakes.say(place(&element.value), format!("`{name}` names nothing"));
    }
    for value in list.iter().filter(|value| !empty(value)) {
        let Some(text) = value.as_string_lit() else {
            let message = format!("`{name}` is a text or a list of texts, not {}", kind(value));
            mistakes.say(place(value), message);
            continue;
        };
        if let Err(message) = check(&text.value) {
            mistakes.say(place(text), message);
        }
    }
}

/// Checks an action: `<service>:<name>`, or `*` for all actions. Of the two parts, IAM checks only
/// the service, which has no wildcard.
fn action(text: &str) -> Result<(), String> {
    if text == "*" {
        return Ok(());
    }
    let Some((service, name)) = text.split_once(':') else {
        return Err("an action begins with its service, such as `s3:GetObject`".to_owned());
    };
    if name.contains(':') {
        return Err("an action has one colon".to_owned());
    }
    let known = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
    let fits = !service.is_empty() && service.bytes().all(known);
    if fits { Ok(()) } else { Err(format!("`{}` is no service", service.escape_debug())) }
}

fn resource(text: &str) -> Result<(), String> {
    variable::check(text)?;
    arn::check(text)
}
