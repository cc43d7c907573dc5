//! The differences between two rule sets, in words.

use std::collections::{BTreeMap, BTreeSet};

use domain::value::Digest;
use jiff::tz::TimeZone;

use crate::{
    directory::{Entitlement, GrantTemplate, People, Profile},
    source::RuleSet,
};

/// The kinds of things, in the order in which their changes are listed.
const ORDER: [&str; 4] = ["settings", "rule ", "entitlement ", "person "];

/// The things of a set by name, each with its properties.
type Things = BTreeMap<String, BTreeMap<&'static str, String>>;

/// The files that differ between two sets, one line for each: its size in bytes and the SHA-256 of
/// its text, as common tools compute it. They also show changes that [`changes`] does not list.
pub fn changed_files(before: Option<&RuleSet>, after: &RuleSet) -> Vec<String> {
    let texts = |set: &RuleSet| -> BTreeMap<String, String> {
        set.sources().files().map(|file| (file.name, file.text.to_string())).collect()
    };
    let (before, after) = (before.map(texts).unwrap_or_default(), texts(after));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let line = |name: &String| match (before.get(name), after.get(name)) {
        (was, Some(text)) if was != Some(text) => {
            let digest = Digest::plain(text.as_bytes());
            Some(format!("file {name}: {} bytes, SHA-256 {digest}", text.len()))
        }
        (Some(_), None) => Some(format!("file {name}: gone")),
        (_, Some(_)) | (None, None) => None,
    };
    names.into_iter().filter_map(line).collect()
}

/// The changes from `before` to `after`, one line for each thing that is new (`+`), gone (`-`) or
/// changed (`~`). They are sorted by kind, then by name. Kinds with few things come first, so that
/// their changes are not lost among many others.
pub fn changes(before: Option<&RuleSet>, after: &RuleSet) -> Vec<String> {
    let before = before.map(RuleSet::things).unwrap_or_default();
    let after = after.things();
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_key(|name| ORDER.iter().position(|kind| name.starts_with(kind)));
    names
        .into_iter()
        .filter_map(|name| match (before.get(name), after.get(name)) {
            (None, Some(_)) => Some(format!("+ {name}")),
            (Some(_), None) => Some(format!("- {name}")),
            (Some(was), Some(is)) if was != is => Some(format!("~ {name}: {}", differing(was, is))),
            (Some(_), Some(_)) | (None, None) => None,
        })
        .collect()
}

fn differing(was: &BTreeMap<&'static str, String>, is: &BTreeMap<&'static str, String>) -> String {
    let fields: BTreeSet<_> = was.keys().chain(is.keys()).collect();
    let none = String::new();
    let changed = fields.into_iter().filter_map(|field| {
        let [was, is] = [was, is].map(|fields| fields.get(field).unwrap_or(&none));
        (was != is).then(|| match *field {
            // A policy in one line is unreadable, so the line says only that it changed.
            "policy" | "text" => format!("{field} changed"),
            field => format!("{field} {} → {}", or_none(was), or_none(is)),
        })
    });
    changed.collect::<Vec<_>>().join("; ")
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

impl RuleSet {
    fn things(&self) -> Things {
        let entitlements = self
            .catalogue
            .iter()
            .map(|(id, entry)| (format!("entitlement {id}"), entry.described()));
        let people = self.directory.people().iter().map(|(person, profile)| {
            (format!("person {person}"), described(profile, self.directory.arns_of(person)))
        });
        let rules = self
            .engine
            .texts()
            .map(|(rule, text)| (format!("rule {rule}"), BTreeMap::from([("text", text)])));
        let settings = BTreeMap::from([
            ("timezone", named(self.engine.zone())),
            ("two publishers", self.two_publishers.to_string()),
            ("trusted sessions", self.directory.trusted_sessions().join(", ")),
            (
                "issuers",
                joined(
                    self.directory.issuers().iter().map(|(url, claim)| format!("{url} ({claim})")),
                ),
            ),
        ]);
        let settings = [("settings".to_owned(), settings)];
        entitlements.chain(people).chain(rules).chain(settings).collect()
    }
}

impl Entitlement {
    fn described(&self) -> BTreeMap<&'static str, String> {
        let (grant, policy) = match &self.grant {
            GrantTemplate::InlinePolicy { to, policy } => {
                (format!("inline policy on {to}"), policy.to_json())
            }
            GrantTemplate::ManagedPolicy { to, policy } => {
                (format!("{policy} on {to}"), String::new())
            }
            GrantTemplate::Session(grant) => (wording::acts_as(grant), grant.text()),
        };
        let steps = self
            .steps
            .iter()
            .map(|step| format!("{}: {} of {}", step.name, step.quorum, step.approvers));
        BTreeMap::from([
            ("title", self.title.clone()),
            ("tags", joined(&self.tags)),
            ("requesters", self.requesters.to_string()),
            ("steps", joined(steps)),
            ("max_duration", self.max_duration.to_string()),
            ("max_ahead", self.max_ahead.to_string()),
            ("decide_within", self.decide_within.to_string()),
            ("remind_at", self.remind_at.to_string()),
            (
                "escalate",
                self.escalate
                    .as_ref()
                    .map(|escalate| format!("to {} at {}", escalate.to, escalate.at))
                    .unwrap_or_default(),
            ),
            ("sign_in", self.sign_in.to_string()),
            ("lasting", self.lasting.clone().unwrap_or_default()),
            (
                "ticket",
                self.ticket.as_ref().map(|form| form.as_str().to_owned()).unwrap_or_default(),
            ),
            ("reason_length", self.reason_length.to_string()),
            (
                "break_glass",
                self.break_glass
                    .as_ref()
                    .map(|glass| {
                        format!("reviewed by {} within {}", glass.reviewers, glass.review_within)
                    })
                    .unwrap_or_default(),
            ),
            ("grant", grant),
            ("policy", policy),
        ])
    }
}

fn described(profile: &Profile, arns: BTreeSet<&str>) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("name", profile.name.clone()),
        ("timezone", profile.timezone.as_ref().map(named).unwrap_or_default()),
        ("manager", profile.manager.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("groups", joined(&profile.groups)),
        ("callers", joined(arns)),
    ])
}

fn named(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

impl std::fmt::Display for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let people = self.people.iter().map(ToString::to_string);
        let groups = self.groups.iter().map(|group| format!("group:{group}"));
        let office = self.manager.then(|| "manager".to_owned());
        f.write_str(&joined(people.chain(groups).chain(office)))
    }
}
