//! From files to a set of rules, or to everything that is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Person, PolicyDocument};
use thiserror::Error;

use crate::{
    Entitlement, GrantTemplate, Profile, RuleSet, Sources,
    source::{EntitlementEntry, EntitlementsFile, GrantEntry, PeopleFile},
};

/// What is wrong with a set of rules: one line a problem, each naming its file.
#[derive(Debug, Error)]
#[error("{}", .problems.join("\n"))]
pub struct RulesError {
    /// The problems, in the order of the files.
    pub problems: Vec<String>,
}

/// Groups by name, as the people of the directory declare them.
type Groups = BTreeMap<String, BTreeSet<Person>>;

impl Sources {
    /// Checks the whole set. Nothing of a set with a problem is ever used.
    pub fn check(&self) -> Result<RuleSet, RulesError> {
        let mut problems = Vec::new();
        let people = parse::<PeopleFile>("people.toml", &self.people, &mut problems);
        let catalogue =
            parse::<EntitlementsFile>("entitlements.toml", &self.entitlements, &mut problems);
        let (Some(people), Some(catalogue)) = (people, catalogue) else {
            return Err(RulesError { problems });
        };
        let (people, groups) = directory(people, &mut problems);
        let mut set = RuleSet { entitlements: BTreeMap::new(), people };
        for entry in catalogue.entitlement {
            let id = entry.id.clone();
            let mut problem = |text| problems.push(format!("entitlements.toml: `{id}`: {text}"));
            let checked = self.entitlement(entry, &set.people, &groups, &mut problem);
            if let Some(entitlement) = checked
                && set.entitlements.insert(id.clone(), entitlement).is_some()
            {
                problem("is defined twice".to_owned());
            }
        }
        if problems.is_empty() { Ok(set) } else { Err(RulesError { problems }) }
    }

    fn entitlement(
        &self,
        entry: EntitlementEntry,
        people: &BTreeMap<Person, Profile>,
        groups: &Groups,
        problem: &mut impl FnMut(String),
    ) -> Option<Entitlement> {
        let requesters = resolve("requesters", &entry.requesters, people, groups, problem);
        let approvers = resolve("approvers", &entry.approvers, people, groups, problem);
        if !is_a_line(&entry.title) {
            problem("`title` is one line of 1 to 100 characters".to_owned());
        }
        if entry.quorum == 0 {
            problem("`quorum` is at least 1".to_owned());
        }
        // Whoever asks does not count, so a requester who approves must leave enough others.
        for requester in &requesters {
            let others = approvers.iter().filter(|approver| *approver != requester).count();
            if others < entry.quorum {
                problem(format!(
                    "when {requester} asks, {others} approvers are left for a `quorum` of {}",
                    entry.quorum
                ));
            }
        }
        let GrantEntry::InlinePolicy { policy } = entry.grant;
        let policy = match self.policies.get(&policy).map(|text| PolicyDocument::from_json(text)) {
            Some(Ok(document)) => Some(document),
            Some(Err(error)) => {
                problem(format!("{policy}: {error}"));
                None
            }
            None => {
                problem(format!("there is no file `{policy}`"));
                None
            }
        };
        Some(Entitlement {
            title: entry.title,
            requesters,
            approvers,
            quorum: entry.quorum,
            max_duration: entry.max_duration,
            decide_within: entry.decide_within,
            grant: GrantTemplate::InlinePolicy { policy: policy? },
        })
    }
}

fn parse<T: serde::de::DeserializeOwned>(
    file: &str,
    text: &str,
    problems: &mut Vec<String>,
) -> Option<T> {
    toml::from_str(text).map_err(|error| problems.push(format!("{file}: {error}"))).ok()
}

fn directory(file: PeopleFile, problems: &mut Vec<String>) -> (BTreeMap<Person, Profile>, Groups) {
    let (mut people, mut groups, mut owners) = (BTreeMap::new(), Groups::new(), BTreeMap::new());
    for entry in file.person {
        let mail = entry.mail;
        if !is_a_line(&entry.name) {
            problems
                .push(format!("people.toml: `{mail}`: `name` is one line of 1 to 100 characters"));
        }
        for arn in &entry.arns {
            if arn.names_itself() {
                problems.push(format!(
                    "people.toml: `{mail}`: whoever may assume the role of `{arn}` chooses the \
                     name at its end, so it proves nobody; name an IAM user, or an Identity \
                     Center role (`AWSReservedSSO_…`)"
                ));
            }
            if let Some(other) = owners.insert(arn.clone(), mail.clone()) {
                problems.push(format!("people.toml: `{arn}` belongs to both {other} and {mail}"));
            }
        }
        for group in entry.groups {
            groups.entry(group).or_default().insert(mail.clone());
        }
        let profile = Profile { name: entry.name, arns: entry.arns };
        if people.insert(mail.clone(), profile).is_some() {
            problems.push(format!("people.toml: `{mail}` is listed twice"));
        }
    }
    (people, groups)
}

/// Turns names such as `ann@example.com` and `group:engineers` into people. An
/// empty list is a mistake: it must not come to mean everybody.
fn resolve(
    field: &str,
    names: &[String],
    people: &BTreeMap<Person, Profile>,
    groups: &Groups,
    problem: &mut impl FnMut(String),
) -> BTreeSet<Person> {
    if names.is_empty() {
        problem(format!("`{field}` names nobody"));
    }
    let mut found = BTreeSet::new();
    for name in names {
        if let Some(group) = name.strip_prefix("group:") {
            match groups.get(group) {
                Some(members) => found.extend(members.iter().cloned()),
                None => problem(format!("`{field}`: nobody is in a group `{group}`")),
            }
        } else {
            match name.parse::<Person>() {
                Ok(person) if people.contains_key(&person) => _ = found.insert(person),
                Ok(person) => problem(format!("`{field}`: {person} is not in people.toml")),
                Err(error) => problem(format!("`{field}`: `{}`: {error}", name.escape_debug())),
            }
        }
    }
    found
}

/// Titles and names go into the subject of a mail and onto a page.
fn is_a_line(text: &str) -> bool {
    text.chars().count() <= 100 && text.parse::<domain::Reason>().is_ok()
}
