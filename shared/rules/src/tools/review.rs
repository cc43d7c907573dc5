//! What is sound by the letter and useless in fact: rules that let nobody in, and
//! quorums that nobody can reach. Looked for before a set is published.

use std::collections::BTreeSet;

use domain::{
    request::{Step, Steps},
    value::{EntitlementId, Person},
};

use crate::{
    cedar::Action,
    directory::{Entitlement, People, StepTemplate},
    source::{RuleProblem, RuleSet},
};

const FILE: &str = "entitlements.toml";

impl RuleSet {
    /// Everything that speaks against publishing this set.
    pub fn review(&self) -> Vec<RuleProblem> {
        let Some(file) = self.sources.file(FILE) else { return Vec::new() };
        let mut problems = Vec::new();
        for (id, entry) in &self.catalogue {
            if let Some((requester, step)) = self.out_of_reach(id, entry) {
                let place = file.find(&format!("\"{id}\"")).unwrap_or_default();
                let message = format!(
                    "when {requester} asks for `{id}`, too few people are left to decide step `{step}`"
                );
                let help = "whoever asks does not count, and nobody counts for two steps: name more \
                            approvers, lower a quorum, or give them a manager";
                problems.push(RuleProblem::at(&file, place, message).with_help(help));
            }
        }
        if !self.anybody_may_ask() {
            let help = "name `requesters`, write a `permit` for `request`, or take back a `forbid`";
            problems
                .push(RuleProblem::in_file(&file, "nobody may ask for anything").with_help(help));
        }
        problems
    }

    fn anybody_may_ask(&self) -> bool {
        self.catalogue.keys().any(|id| {
            self.directory.people().keys().any(|who| self.engine.could(Action::Request, who, id))
        })
    }

    /// Somebody who could ask, and a step that would not be met if they did; or who
    /// could break the glass, and nobody else could look at it.
    fn out_of_reach(&self, id: &EntitlementId, entry: &Entitlement) -> Option<(Person, String)> {
        let unmet = |requester: &Person| {
            let step = |step: &StepTemplate| Step {
                name: step.name.clone(),
                approvers: self.left(id, &step.approvers, requester),
                quorum: step.quorum,
            };
            let steps = Steps(entry.steps.iter().map(step).collect());
            steps.unmet_by(steps.people()).map(|step| step.name.clone())
        };
        let deciding: Vec<_> = entry.steps.iter().map(|step| &step.approvers).collect();
        let askers = self.of_each_kind((id, entry), Action::Request, &deciding);
        let found = askers.into_iter().find_map(|who| Some((who.clone(), unmet(who)?)));
        found.or_else(|| {
            let reviewers = &entry.break_glass.as_ref()?.reviewers;
            let breaking = self.of_each_kind((id, entry), Action::BreakGlass, &[reviewers]);
            let alone = breaking.into_iter().find(|who| self.left(id, reviewers, who).is_empty());
            Some((alone?.clone(), "review".to_owned()))
        })
    }

    /// The people of these who are left when this person asks, as far as that can be
    /// told without knowing what is asked for and when.
    fn left(&self, id: &EntitlementId, people: &People, requester: &Person) -> BTreeSet<Person> {
        let mut left = people.without(requester, &self.directory);
        left.retain(|who| !self.engine.is_always_kept_from_approving(who, id, requester));
        left
    }

    /// Those who could do this, leaving out who is like another: whoever approves
    /// nothing is like everybody else who approves nothing, unless it depends on
    /// who leads them.
    fn of_each_kind<'a>(
        &'a self,
        (id, entry): (&EntitlementId, &'a Entitlement),
        action: Action,
        deciding: &[&People],
    ) -> Vec<&'a Person> {
        let named: BTreeSet<_> =
            deciding.iter().flat_map(|people| people.members(&self.directory)).collect();
        let by_office = deciding.iter().any(|people| people.manager);
        let entitled = |who: &&Person| self.engine.is_entitled(action, who, id);
        // Most entries are for whom they name, and nobody else has to be looked at.
        let people: BTreeSet<&Person> = if self.engine.entitles_others(action) {
            self.directory.people().keys().collect()
        } else {
            entry.requesters.members(&self.directory).collect()
        };
        let (inside, outside): (Vec<_>, Vec<_>) =
            people.into_iter().partition(|who| by_office || named.contains(who));
        let outside = outside.into_iter().find(entitled);
        inside.into_iter().filter(entitled).chain(outside).collect()
    }
}
