//! Review of a sound set before it is published. It finds rules that let nobody make a request, and
//! quorums that cannot be reached.

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
    /// Finds the problems that speak against publishing this set.
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

    /// A person who could request this entry, and the name of a step that could not be met then. Or
    /// a person who could break the glass while nobody else could review it, and `review`.
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

    /// The people of these who could approve a request of this person, as far as that is known
    /// without its terms and its time.
    fn left(&self, id: &EntitlementId, people: &People, requester: &Person) -> BTreeSet<Person> {
        let mut left = people.without(requester, &self.directory);
        left.retain(|who| !self.engine.is_always_kept_from_approving(who, id, requester));
        left
    }

    /// The people who could do this, one of each kind. All people who approve nothing are of one
    /// kind, unless a manager decides, because then it depends on who leads them.
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
        // Most entries permit only the requesters they name, so nobody else has to be checked.
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
