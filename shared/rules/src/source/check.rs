//! Turns files into a checked rule set, or into all of their problems.

use std::path::Path;

use jiff::tz::TimeZone;

use super::{
    entries::Checker,
    files::Sources,
    grants::{is_policy, policies},
    problem::{File, RuleProblem, RulesError},
    rule_set::RuleSet,
    scrutiny::Scrutiny,
    syntax::{EntitlementsFile, Problems, parse},
};
use crate::{
    cedar::{Engine, Policies},
    directory::Directory,
};

impl Sources {
    /// Checks the whole set. No part of a set with a problem is used.
    pub fn check(&self) -> Result<RuleSet, RulesError> {
        self.under(Scrutiny::New)
    }

    /// Checks a set again that was checked when it was published. Rules of IAM are not applied: one
    /// that we have learned since must not make the set in force unreadable, because then people
    /// could not give back their access.
    pub fn check_published(&self) -> Result<RuleSet, RulesError> {
        self.under(Scrutiny::Published)
    }

    fn under(&self, scrutiny: Scrutiny) -> Result<RuleSet, RulesError> {
        let mut problems = Vec::new();
        match self.checked(scrutiny, &mut problems) {
            Some(set) if problems.is_empty() => Ok(set),
            Some(_) | None => Err(RulesError { problems }),
        }
    }

    fn checked(&self, scrutiny: Scrutiny, found: &mut Vec<RuleProblem>) -> Option<RuleSet> {
        for file in self.files() {
            let name = file.name.as_str();
            let known = ["entitlements.toml", "people.toml"].contains(&name)
                || is_policy(name)
                || is_cedar(&file);
            if !known {
                let help = "a set is entitlements.toml, people.toml, *.cedar and policies/*.json";
                found.push(
                    RuleProblem::in_file(&file, "this belongs to no set of rules").with_help(help),
                );
            }
        }
        let directory = Directory::check(self.required("people.toml", found)?, found);
        let file = self.required("entitlements.toml", found)?;
        let parsed = parse::<EntitlementsFile>(&file).map_err(|problem| found.push(*problem)).ok();
        let (directory, parsed) = (directory?, parsed?);
        let policies = policies(self, scrutiny, found);
        let mut problems = Problems { file: file.clone(), found: &mut *found };
        let zone = parsed.timezone.as_ref().and_then(|name| problems.zone(name));
        let zone = zone.unwrap_or(TimeZone::UTC);
        let checker = Checker {
            sources: self,
            directory: &directory,
            policies: &policies,
            scrutiny,
            problems,
        };
        let two_publishers = parsed.two_publishers;
        let catalogue = checker.catalogue(parsed.entitlement);
        let cedar = self.files().filter(is_cedar);
        let rules = Policies::check(cedar, (&catalogue, &directory), found)?;
        if !found.is_empty() {
            return None;
        }
        let engine = Engine::new(&rules, &catalogue, &directory, zone)
            .map_err(|error| found.push(RuleProblem::in_file(&file, error)))
            .ok()?;
        let (digest, sources) = (self.digest(), self.clone());
        Some(RuleSet { digest, directory, catalogue, engine, sources, two_publishers })
    }

    fn required(&self, name: &str, found: &mut Vec<RuleProblem>) -> Option<File> {
        let file = self.file(name);
        if file.is_none() {
            let missing = File { name: name.to_owned(), text: "".into() };
            found.push(RuleProblem::in_file(&missing, "this file is missing"));
        }
        file
    }
}

fn is_cedar(file: &File) -> bool {
    let extension = Path::new(&file.name).extension();
    !file.name.contains('/') && extension.is_some_and(|extension| extension == "cedar")
}
