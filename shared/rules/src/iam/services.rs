//! The actions and condition keys of AWS's services, and which actions change permissions.
//!
//! IAM takes names that do not exist, and they match nothing. So names that are not here are
//! for advice only, and this may be some months old. The data follows AWS's [service authorization reference];
//! how it is renewed says the README of the policy evaluator in `tests/policies`.
//!
//! [service authorization reference]: https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html

use std::{collections::HashMap, sync::LazyLock};

use super::glob::matches;

/// A line each: prefix, colon, actions, bar, condition keys, bar, actions that change
/// permissions. The prefix `aws` is for the keys of every service.
const DATA: &str = include_str!("services.txt");

static SERVICES: LazyLock<HashMap<&str, Service>> = LazyLock::new(|| {
    let lines = DATA.lines().filter(|line| !line.starts_with('#'));
    let service = |line: &'static str| {
        let (prefix, rest) = line.split_once(':')?;
        let mut fields = rest.split('|').map(|text| text.split_whitespace().collect());
        let (actions, keys, permissive) = (fields.next()?, fields.next()?, fields.next()?);
        Some((prefix, Service { actions, keys, permissive }))
    };
    lines.filter_map(service).collect()
});

struct Service {
    actions: Vec<&'static str>,
    keys: Vec<&'static str>,
    permissive: Vec<&'static str>,
}

/// The actions that change who may do what, with their services.
pub(super) fn permissive() -> impl Iterator<Item = String> {
    SERVICES.iter().flat_map(|(prefix, service)| {
        service.permissive.iter().map(move |action| format!("{prefix}:{action}"))
    })
}

/// Why an action, which may have wildcards, matches none that AWS has.
pub(super) fn unknown_action(text: &str) -> Option<String> {
    let (prefix, pattern) = text.split_once(':')?;
    let Some(service) = SERVICES.get(prefix.to_ascii_lowercase().as_str()) else {
        return Some(format!("AWS has no service `{}`, as far as we know", prefix.escape_debug()));
    };
    let known = service.actions.iter().any(|action| matches(pattern, action));
    (!known).then(|| {
        format!("`{prefix}` has no action `{}`, as far as we know", pattern.escape_debug())
    })
}

/// Why a condition key is none that AWS has.
pub(super) fn unknown_key(text: &str) -> Option<String> {
    let unknown =
        || Some(format!("AWS has no condition key `{}`, as far as we know", text.escape_debug()));
    let Some((prefix, _)) = text.split_once(':') else { return unknown() };
    let prefix = prefix.to_ascii_lowercase();
    // Identity providers have keys under names of their own.
    if prefix.contains('.') {
        return None;
    }
    let Some(service) = SERVICES.get(prefix.as_str()) else { return unknown() };
    // What comes behind a slash somebody has chosen: the name of a tag.
    let head = |key: &str| key.split_once('/').map_or(key, |(head, _)| head).to_ascii_lowercase();
    if service.keys.iter().any(|key| head(key) == head(text)) { None } else { unknown() }
}
