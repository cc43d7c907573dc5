//! Reads the grants of the entries and the policy files, and checks them against the quotas of AWS.

use std::{collections::BTreeMap, path::Path};

use domain::{
    grant::{Grant, Guard, PolicyDocument, PrincipalName},
    value::{Duration, Window},
};
use jiff::Timestamp;

use super::{
    entries::Checker,
    problem::{File, RuleProblem},
    scrutiny::Scrutiny,
    syntax::GrantEntry,
};
use crate::{
    directory::{GrantTemplate, Holder},
    iam,
    source::Sources,
};

/// Quotas of STS for a session: the characters of its policy and of the ARNs of its managed
/// policies together, and the number of managed policies.
const MOST_CHARS: usize = 2_048;
const MOST_POLICIES: usize = 10;

impl Checker<'_> {
    pub(super) fn grant(&mut self, grant: GrantEntry) -> Option<GrantTemplate> {
        let to = |role: Option<PrincipalName>| role.map_or(Holder::Requester, Holder::Role);
        Some(match grant {
            GrantEntry::InlinePolicy { policy: name, role } => {
                let (to, policy) = (to(role), self.policy(&name)?);
                self.check_size(&name, &policy, &to);
                GrantTemplate::InlinePolicy { to, policy }
            }
            GrantEntry::ManagedPolicy { policy, role } => {
                GrantTemplate::ManagedPolicy { to: to(role), policy }
            }
            GrantEntry::Session { role, external_id, policy, policies } => {
                let policy = match policy {
                    Some(file) => Some(self.policy(&file)?),
                    None => None,
                };
                let here = self.directory.account.as_deref() == Some(role.account());
                if self.directory.account.is_none() {
                    // The account decides whether a revoked session can be barred at once.
                    let place = self.problems.file.find(role.as_str()).unwrap_or_default();
                    let help = "write `account = \"123456789012\"` at the top of people.toml";
                    self.problems.advise(place, "it is not clear which account this is", help);
                }
                let grant = Grant::Session { role, here, external_id, policy, policies };
                self.check_session(&grant);
                GrantTemplate::Session(grant)
            }
        })
    }

    /// Checks a session against the quotas of STS.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>
    fn check_session(&mut self, grant: &Grant) {
        let (role, policies) = match grant {
            Grant::Session { role, policies, .. } => (role, policies),
            Grant::InlinePolicy { .. } | Grant::ManagedPolicy { .. } => return,
        };
        let place = self.problems.file.find(role.as_str()).unwrap_or_default();
        if policies.len() > MOST_POLICIES {
            let most = format!("a session takes {MOST_POLICIES} managed policies");
            self.problems.say(place.clone(), most);
        }
        let window = Window::opening(Timestamp::UNIX_EPOCH, Duration::MAX);
        let inline =
            grant.session_policy(window, &Guard::default()).map_or(0, |text| text.chars().count());
        let size = inline + policies.iter().map(|arn| arn.as_str().len()).sum::<usize>();
        if self.scrutiny == Scrutiny::New && size > MOST_CHARS {
            let most = format!(
                "with its fence and its managed policies, the policy of a session has {size} \
                 characters"
            );
            self.problems.advise(place, most, format!("AWS takes {MOST_CHARS}"));
        }
    }

    fn policy(&mut self, name: &str) -> Option<PolicyDocument> {
        if let Some(document) = self.policies.get(name) {
            return document.clone();
        }
        let place = self.problems.file.find(&format!("\"{name}\"")).unwrap_or_default();
        self.problems.say(place, format!("there is no file `{name}`"));
        None
    }

    /// Checks the size of a policy, with its fence, against the quota of its holder.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    fn check_size(&mut self, name: &str, document: &PolicyDocument, holder: &Holder) {
        let (on, most) = match holder {
            Holder::Requester => ("an IAM user", domain::grant::ROOM_ON_A_USER),
            Holder::Role(_) => ("an IAM role", domain::grant::ROOM_ON_A_ROLE),
        };
        let size = document.size_with_own_fence();
        if self.scrutiny == Scrutiny::New
            && size > most
            && let Some(file) = self.sources.file(name)
        {
            let message = format!("with its fence it has {size} characters; {on} takes {most}");
            self.problems.found.push(RuleProblem::in_file(&file, message));
        }
    }
}

/// Reads the policy files, by name. A file that IAM would not accept is a problem, and `None`.
pub(crate) fn policies(
    sources: &Sources,
    scrutiny: Scrutiny,
    found: &mut Vec<RuleProblem>,
) -> BTreeMap<String, Option<PolicyDocument>> {
    let files = sources.files().filter(|file| is_policy(&file.name));
    let mut read = |file: File| {
        let mistakes = match scrutiny {
            Scrutiny::New => iam::check(&file),
            Scrutiny::Published => Vec::new(),
        };
        let sound = mistakes.is_empty();
        found.extend(mistakes);
        let document = sound.then(|| {
            PolicyDocument::from_json(&file.text)
                .map_err(|error| found.push(RuleProblem::in_file(&file, error)))
                .ok()
        });
        (file.name, document.flatten())
    };
    files.map(&mut read).collect()
}

/// Whether a file of this name holds an IAM policy.
pub(crate) fn is_policy(name: &str) -> bool {
    name.starts_with("policies/") && Path::new(name).extension().is_some_and(|end| end == "json")
}
