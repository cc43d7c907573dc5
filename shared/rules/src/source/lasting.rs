//! Refuses an entry that lets things stay when access ends, unless it says why.
//!
//! The end of a window does not take back keys that were made with the access. An entry that lets
//! people make such things carries `lasting = "<why>"`, which its approvers read.

use std::{collections::BTreeSet, fmt};

use domain::{
    grant::{Grant, PolicyArn, RoleArn},
    value::EntitlementId,
};

use super::{
    RuleSet,
    entries::Checker,
    problem::{File, RuleProblem},
    scrutiny::Scrutiny,
    syntax::{EntitlementEntry, GrantEntry, is_a_line},
};
use crate::{directory::GrantTemplate, iam};

/// A source of granted permissions that is kept in IAM, not in the rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Elsewhere {
    /// A managed policy.
    Policy(PolicyArn),
    /// All permissions of a role.
    Role(RoleArn),
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(arn) => f.write_str(arn.as_str()),
            Self::Role(arn) => f.write_str(arn.as_str()),
        }
    }
}

impl Checker<'_> {
    /// Reads why things made with the access may stay. An entry without a reason, whose policy file
    /// lets something stay, is a problem.
    pub(crate) fn lasting(&mut self, entry: &EntitlementEntry) -> Option<String> {
        if let Some(why) = &entry.lasting {
            if !is_a_line(why.as_ref()) {
                let says = "`lasting` says in one line of 1 to 100 characters why something stays";
                self.problems.say(why.span(), says);
            }
            return Some(why.as_ref().clone());
        }
        let file = policy_file(&entry.grant).and_then(|name| self.sources.file(name))?;
        if self.scrutiny == Scrutiny::New {
            let left = unsaid(&file, &[entry.id.as_ref()]);
            self.problems.found.extend(left);
        }
        None
    }
}

impl RuleSet {
    /// The policies and roles in IAM that entries without `lasting` grant, each with the ids of
    /// these entries. They must be looked up before the set is published.
    pub fn to_look_up(&self) -> Vec<(Elsewhere, Vec<&EntitlementId>)> {
        let quiet = || self.catalogue.iter().filter(|(_, entry)| entry.lasting.is_none());
        let all: BTreeSet<_> = quiet().flat_map(|(_, entry)| entry.grant.elsewhere()).collect();
        let by = |wanted: &Elsewhere| {
            let of_it = quiet().filter(|(_, entry)| entry.grant.elsewhere().contains(wanted));
            of_it.map(|(id, _)| id).collect()
        };
        all.into_iter().map(|one| (by(&one), one)).map(|(ids, one)| (one, ids)).collect()
    }
}

/// The problems of a policy from IAM that lets things stay, although these entries have no
/// `lasting`. `name` is the name of the policy in messages.
pub fn lasting_elsewhere(name: &str, text: &str, entries: &[&EntitlementId]) -> Vec<RuleProblem> {
    let entries: Vec<_> = entries.iter().map(|id| id.as_str()).collect();
    unsaid(&File { name: name.to_owned(), text: text.into() }, &entries)
}

impl GrantTemplate {
    /// The parts of the grant that are kept in IAM. A session with a policy of its own, or with
    /// managed policies, has only the permissions in them; otherwise it has all of its role.
    fn elsewhere(&self) -> BTreeSet<Elsewhere> {
        match self {
            Self::InlinePolicy { .. }
            | Self::Session(Grant::InlinePolicy { .. } | Grant::ManagedPolicy { .. }) => {
                BTreeSet::new()
            }
            Self::ManagedPolicy { policy, .. } => [Elsewhere::Policy(policy.clone())].into(),
            Self::Session(Grant::Session { role, policy: None, policies, .. })
                if policies.is_empty() =>
            {
                [Elsewhere::Role(role.clone())].into()
            }
            Self::Session(Grant::Session { policies, .. }) => {
                policies.iter().cloned().map(Elsewhere::Policy).collect()
            }
        }
    }
}

fn policy_file(grant: &GrantEntry) -> Option<&str> {
    match grant {
        GrantEntry::InlinePolicy { policy, .. } => Some(policy),
        GrantEntry::Session { policy, .. } => policy.as_deref(),
        GrantEntry::ManagedPolicy { .. } => None,
    }
}

fn unsaid(file: &File, entries: &[&str]) -> Vec<RuleProblem> {
    let problem = |iam::Lasting { place, what }| {
        let entries = entries.join("`, `");
        let message = format!("what `{entries}` opens can leave this behind: {what}");
        let help = "it stays when access ends: leave it out, deny it, or write \
                    `lasting = \"<why>\"` in the entry, for those who decide";
        RuleProblem::at(file, place, message).with_help(help)
    };
    iam::lasting(file).into_iter().map(problem).collect()
}
