//! The actions and condition keys of AWS's services, and the actions that change permissions.
//!
//! IAM accepts names that do not exist, and they match nothing. This list may be some months old,
//! so a name that is not on it leads to advice only. The data follows AWS's [service authorization
//! reference]. The README of the policy evaluator in `tests/policies` says how to renew it.
//!
//! [service authorization reference]: https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html

use std::{collections::HashMap, sync::LazyLock};

use super::glob::matches;

/// One line for each service: prefix, `:`, actions, `|`, condition keys, `|`, actions that change
/// permissions. The prefix `aws` has the condition keys of every service.
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

/// The actions that change permissions, as `<service>:<action>`.
pub(super) fn permissive() -> impl Iterator<Item = String> {
    SERVICES.iter().flat_map(|(prefix, service)| {
        service.permissive.iter().map(move |action| format!("{prefix}:{action}"))
    })
}

/// The message for an action, possibly with wildcards, that matches no action of AWS. `None` for a
/// known action, and for a text without a service.
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

/// The message for a condition key that AWS does not have. `None` for a known key.
pub(super) fn unknown_key(text: &str) -> Option<String> {
    let unknown =
        || Some(format!("AWS has no condition key `{}`, as far as we know", text.escape_debug()));
    let Some((prefix, _)) = text.split_once(':') else { return unknown() };
    let prefix = prefix.to_ascii_lowercase();
    // Identity providers have keys under their own host names.
    if prefix.contains('.') {
        return None;
    }
    let Some(service) = SERVICES.get(prefix.as_str()) else { return unknown() };
    // The part behind a slash is a name that somebody chose, such as that of a tag.
    let head = |key: &str| key.split_once('/').map_or(key, |(head, _)| head).to_ascii_lowercase();
    if service.keys.iter().any(|key| head(key) == head(text)) { None } else { unknown() }
}
