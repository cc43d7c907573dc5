//! A set of rules that was checked: what is published, cached and judged by.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Digest, Duration, EntitlementId, Grant, Person, PolicyDocument, canonical};
use serde::{Deserialize, Serialize};

use crate::PrincipalArn;

/// Everything that decides who may ask for what, with all names resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// What may be asked for.
    pub entitlements: BTreeMap<EntitlementId, Entitlement>,
    /// Who there is.
    pub people: BTreeMap<Person, Profile>,
}

/// One entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entitlement {
    /// What it is, in words people read before they decide.
    pub title: String,
    /// Who may ask.
    pub requesters: BTreeSet<Person>,
    /// Who may decide.
    pub approvers: BTreeSet<Person>,
    /// How many of them must say yes.
    pub quorum: usize,
    /// The longest it may be asked for.
    pub max_duration: Duration,
    /// How long a request waits for an answer.
    pub decide_within: Duration,
    /// How it is granted.
    pub grant: GrantTemplate,
}

/// A grant before it is known for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum GrantTemplate {
    /// One inline policy on the requester's IAM user.
    InlinePolicy {
        /// What it allows.
        policy: PolicyDocument,
    },
}

/// What the directory knows of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What they are called.
    pub name: String,
    /// The callers that are them.
    pub arns: BTreeSet<PrincipalArn>,
}

impl RuleSet {
    /// Names the set by its content.
    pub fn digest(&self) -> Digest {
        Self::digest_of(&canonical(self))
    }

    /// Names a published set by its bytes, so that a set keeps its name when a
    /// later version reads it.
    pub fn digest_of(published: &[u8]) -> Digest {
        Digest::of_bytes("portcullis/rules/v1", &[published])
    }

    /// The person who comes with this ARN, by the directory and nothing else.
    pub fn person_with(&self, arn: &PrincipalArn) -> Option<&Person> {
        self.people.iter().find(|(_, known)| known.arns.contains(arn)).map(|(person, _)| person)
    }

    /// What this person may ask for.
    pub fn open_to(&self, person: &Person) -> impl Iterator<Item = (&EntitlementId, &Entitlement)> {
        self.entitlements.iter().filter(|(_, entry)| entry.requesters.contains(person))
    }
}

impl GrantTemplate {
    /// The grant for one caller, if it can be made for them.
    pub fn for_caller(&self, arn: &PrincipalArn) -> Option<Grant> {
        match self {
            Self::InlinePolicy { policy } => {
                Some(Grant::InlinePolicy { user: arn.user()?, policy: policy.clone() })
            }
        }
    }
}
