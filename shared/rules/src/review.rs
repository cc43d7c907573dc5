//! What is sound by the letter and useless in fact: rules that let nobody in, and
//! quorums that nobody can reach. Looked for before a set is published.

use std::collections::{BTreeMap, BTreeSet};

use domain::{EntitlementId, Person, Situation, Step, Steps};
use jiff::Timestamp;

use crate::{
    Entitlement, Problem, RuleSet,
    cedar::{Action, Facts},
};

const FILE: &str = "entitlements.toml";

impl RuleSet {
    /// Everything that speaks against publishing this set.
    pub fn review(&self) -> Vec<Problem> {
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
                problems.push(Problem::at(&file, place, message).with_help(help));
            }
        }
        if !self.catalogue.is_empty() && !self.anybody_may_ask() {
            let help = "name `requesters`, write a `permit` for `request`, or take back a `forbid`";
            problems.push(Problem::in_file(&file, "nobody may ask for anything").with_help(help));
        }
        problems
    }

    fn anybody_may_ask(&self) -> bool {
        self.catalogue.keys().any(|id| {
            self.directory.people().keys().any(|who| self.engine.could(Action::Request, who, id))
        })
    }

    /// Somebody who may ask, and a step that would not be met if they did.
    fn out_of_reach(&self, id: &EntitlementId, entry: &Entitlement) -> Option<(Person, String)> {
        let named: BTreeSet<&Person> =
            entry.steps.iter().flat_map(|step| step.approvers.members(&self.directory)).collect();
        let by_office = entry.steps.iter().any(|step| step.approvers.manager);
        // Who approves nothing is like everybody else who approves nothing, unless
        // it depends on who leads them.
        let (inside, outside): (Vec<_>, Vec<_>) = entry
            .requesters
            .members(&self.directory)
            .partition(|requester| by_office || named.contains(requester));
        let mut kept = BTreeMap::new();
        inside.into_iter().chain(outside.into_iter().take(1)).find_map(|requester| {
            let mut may_answer = |who: &Person| {
                *kept.entry(who.clone()).or_insert_with(|| {
                    let facts =
                        Facts::Answer { requester, duration: entry.max_duration, ticket: None };
                    let situation =
                        Situation { at: Timestamp::UNIX_EPOCH, source_ip: None, mfa: false };
                    !self.engine.is_kept_from(Action::Approve, who, id, (&facts, &situation))
                })
            };
            let mut step = |step: &crate::StepTemplate| {
                let mut approvers = step.approvers.without(requester, &self.directory);
                approvers.retain(&mut may_answer);
                Step { name: step.name.clone(), approvers, quorum: step.quorum }
            };
            let steps = Steps(entry.steps.iter().map(&mut step).collect());
            steps.unmet_by(steps.people()).map(|step| (requester.clone(), step.name.clone()))
        })
    }
}
