//! Reads the entries of `entitlements.toml` and finds their problems.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    grant::PolicyDocument,
    value::{Duration, EntitlementId, Person},
};
use toml::Spanned;

use super::{
    scrutiny::Scrutiny,
    syntax::{BreakGlassEntry, EntitlementEntry, Names, Problems, is_a_line, is_a_name, look_of},
};
use crate::{
    directory::{
        BreakGlass, Catalogue, Directory, Entitlement, Escalation, People, Percent, StepTemplate,
        TicketPattern,
    },
    source::Sources,
};

/// The largest number of people who are notified about one request, managers not counted.
const MOST_APPROVERS: usize = 50;

/// The part of an entry that names people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntryPart {
    Asking,
    Deciding,
}

/// Checks the entries of `entitlements.toml`.
pub(crate) struct Checker<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) directory: &'a Directory,
    pub(crate) policies: &'a BTreeMap<String, Option<PolicyDocument>>,
    pub(crate) scrutiny: Scrutiny,
    pub(crate) problems: Problems<'a>,
}

impl Checker<'_> {
    pub(crate) fn catalogue(mut self, entries: Vec<EntitlementEntry>) -> Catalogue {
        let (mut catalogue, mut seen) = (Catalogue::new(), HashMap::new());
        for entry in entries {
            let (span, text) = (entry.id.span(), entry.id.as_ref().clone());
            if let Some(other) = seen.insert(look_of(&text), text.clone()) {
                let twice = if other == text {
                    format!("`{text}` is defined twice")
                } else {
                    format!("`{other}` and `{text}` look the same")
                };
                self.problems.advise(span.clone(), twice, "give each entry a name of its own");
            }
            match text.parse::<EntitlementId>() {
                Ok(id) => _ = self.entry(entry).map(|entry| catalogue.insert(id, entry)),
                Err(error) => self.problems.say(span, error),
            }
        }
        catalogue
    }

    fn entry(&mut self, entry: EntitlementEntry) -> Option<Entitlement> {
        if !is_a_line(entry.title.as_ref()) {
            self.problems.say(entry.title.span(), "`title` is one line of 1 to 100 characters");
        }
        let tags = self.tags(&entry.tags);
        let lasting = self.lasting(&entry);
        let requesters =
            entry.requesters.as_ref().map(|names| self.people(names, EntryPart::Asking));
        let steps = self.steps(&entry);
        let reason_length = self.reason_length(entry.reason_length.as_ref());
        let ticket = entry.ticket.and_then(|pattern| {
            let parsed = TicketPattern::new(pattern.as_ref());
            if parsed.is_none() {
                self.problems.say(pattern.span(), "this is not a regular expression");
            }
            parsed
        });
        let break_glass = entry.break_glass.map(|glass| self.break_glass(glass, &steps));
        let remind_at = self.share(entry.remind_at.as_ref()).unwrap_or(Percent::HALF);
        let escalate = entry.escalate.map(|escalate| Escalation {
            to: self.people(&escalate.to, EntryPart::Deciding),
            at: self.share(escalate.at.as_ref()).unwrap_or(Percent::THREE_QUARTERS),
        });
        let deciding = steps.iter().map(|step| &step.approvers);
        let deciding = deciding.chain(break_glass.iter().map(|glass| &glass.reviewers));
        let deciding = deciding.chain(escalate.iter().map(|escalate| &escalate.to));
        let asked: BTreeSet<_> = deciding.flat_map(|named| named.members(self.directory)).collect();
        if asked.len() > MOST_APPROVERS {
            let most = format!("{} people would be asked; {MOST_APPROVERS} can be", asked.len());
            self.problems.advise(entry.id.span(), most, "name a smaller group");
        }
        Some(Entitlement {
            title: entry.title.into_inner(),
            tags,
            requesters: requesters.unwrap_or_default(),
            steps,
            max_duration: entry.max_duration,
            max_ahead: entry.max_ahead.unwrap_or(Duration::MONTH),
            decide_within: entry.decide_within,
            remind_at,
            escalate,
            sign_in: entry.sign_in,
            lasting,
            ticket,
            reason_length,
            break_glass,
            grant: self.grant(entry.grant)?,
        })
    }

    fn tags(&mut self, tags: &[Spanned<String>]) -> BTreeSet<String> {
        for tag in tags.iter().filter(|tag| !is_a_name(tag.as_ref())) {
            self.problems.say(tag.span(), "a tag is lower-case letters, digits and hyphens");
        }
        tags.iter().map(|tag| tag.as_ref().clone()).collect()
    }

    fn reason_length(&mut self, least: Option<&Spanned<usize>>) -> usize {
        let Some(least) = least else { return 0 };
        if *least.as_ref() > domain::value::Reason::MAX_CHARS {
            self.problems.say(least.span(), "no reason is that long");
        }
        *least.as_ref()
    }

    fn share(&mut self, percent: Option<&Spanned<u8>>) -> Option<Percent> {
        let percent = percent?;
        let share = Percent::of(*percent.as_ref());
        if share.is_none() {
            self.problems.say(percent.span(), "a share is whole percent, from 1 to 99");
        }
        share
    }

    /// Reads either `approvers` and `quorum`, for one step, or one or more `step`s.
    fn steps(&mut self, entry: &EntitlementEntry) -> Vec<StepTemplate> {
        let mut steps: Vec<StepTemplate> = Vec::new();
        match (&entry.approvers, entry.step.as_slice()) {
            (Some(approvers), []) => {
                let approvers = self.people(approvers, EntryPart::Deciding);
                let quorum = self.quorum(entry.quorum.as_ref());
                steps.push(StepTemplate { name: "approval".to_owned(), approvers, quorum });
            }
            (None, [_, ..]) if entry.quorum.is_none() => {
                for step in &entry.step {
                    let name = step.name.as_ref().clone();
                    if !is_a_name(&name) || steps.iter().any(|step| step.name == name) {
                        self.problems.say(
                            step.name.span(),
                            "a step has its own name, in lower-case letters, digits and hyphens",
                        );
                    }
                    let approvers = self.people(&step.approvers, EntryPart::Deciding);
                    let quorum = self.quorum(step.quorum.as_ref());
                    steps.push(StepTemplate { name, approvers, quorum });
                }
            }
            _ => self.problems.advise(
                entry.id.span(),
                format!("it is not clear who decides about `{}`", entry.id.as_ref()),
                "write `approvers` (and `quorum`), or one or more `[[entitlement.step]]`",
            ),
        }
        steps
    }

    fn quorum(&mut self, quorum: Option<&Spanned<usize>>) -> usize {
        let Some(quorum) = quorum else { return 1 };
        if *quorum.as_ref() == 0 {
            self.problems.say(quorum.span(), "`quorum` is at least 1");
        }
        *quorum.as_ref()
    }

    fn break_glass(&mut self, glass: BreakGlassEntry, steps: &[StepTemplate]) -> BreakGlass {
        let reviewers = match glass.reviewers {
            Some(names) => self.people(&names, EntryPart::Deciding),
            None => steps.iter().fold(People::default(), |all, step| all.and(&step.approvers)),
        };
        BreakGlass { reviewers, review_within: glass.review_within }
    }

    /// Turns names into people. An empty list is a problem: it must never mean everybody.
    fn people(&mut self, names: &Names, part: EntryPart) -> People {
        let mut found = People::default();
        if names.as_ref().is_empty() {
            self.problems.advise(names.span(), "this names nobody", "name somebody");
        }
        for name in names.as_ref() {
            let text = name.as_ref().as_str();
            if text == "manager" && part == EntryPart::Deciding {
                found.manager = true;
            } else if let Some(group) = text.strip_prefix("group:") {
                found.groups.extend(self.group(name, group));
            } else {
                found.people.extend(self.person(name));
            }
        }
        found
    }

    fn group(&mut self, name: &Spanned<String>, group: &str) -> Option<String> {
        let exists = self.directory.groups().contains_key(group);
        if !exists {
            self.problems.advise(
                name.span(),
                format!("nobody is in a group `{}`", group.escape_debug()),
                "add it to the `groups` of somebody in people.toml",
            );
        }
        exists.then(|| group.to_owned())
    }

    fn person(&mut self, name: &Spanned<String>) -> Option<Person> {
        match name.as_ref().parse::<Person>() {
            Ok(person) if self.directory.people().contains_key(&person) => return Some(person),
            Ok(person) => self.problems.say(name.span(), format!("{person} is not in people.toml")),
            Err(error) => {
                let text = name.as_ref().escape_debug();
                self.problems.say(name.span(), format!("`{text}`: {error}"));
            }
        }
        None
    }
}
