//! An IAM policy document as data. What is put into IAM of it, and how that closes by
//! itself, is in `fence`.

mod clause;
mod fence;
mod name;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use clause::Clause;
pub use fence::{GRANT_TAG, PERSON_TAG, size_in_iam};
pub use name::{PolicyName, Purpose};

/// The only policy language version with policy variables; IAM's default is older.
const VERSION: &str = "2012-10-17";

/// What all inline policies of a user may have together, white space not counted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_CHARS: usize = 2_048;

/// Why a text is not a policy that may be granted.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// Not JSON, or not the JSON of an identity policy.
    #[error("not an identity policy: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Another version than the current one.
    #[error("`Version` must be \"{VERSION}\"")]
    Version,
    /// An empty list of statements.
    #[error("a policy needs at least one statement that allows something")]
    AllowsNothing,
    /// Neither or both of a pair such as `Action` and `NotAction`.
    #[error("statement {0}: write exactly one of `{1}` and `Not{1}`, not empty")]
    OneOf(usize, &'static str),
    /// The document already speaks about time, or about who calls.
    #[error("statement {0}: `{1}` is what the fence of a grant is made of; leave it out")]
    Fence(usize, String),
    /// With its fence, more than IAM takes on one user.
    #[error("with its fence it has {0} characters; an IAM user takes {MAX_CHARS}")]
    Size(usize),
    /// A word IAM does not take in its place.
    #[error("statement {0}: IAM does not take `{1}` here")]
    Said(usize, String),
    /// IAM takes U+0020 to U+00FF only.
    #[error("U+{0:04X} is a character IAM does not take")]
    Character(u32),
}

/// An identity policy: what a grant allows, as its author wrote it.
///
/// A value of this type was checked: it has the current version, each statement
/// names its actions and resources, and no condition touches the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct PolicyDocument(Vec<Statement>);

/// The JSON shape of a policy, with nothing known about it yet.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Unchecked {
    version: String,
    statement: Vec<Statement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

/// Operator, then condition key, then values.
type Conditions = BTreeMap<String, BTreeMap<String, OneOrMany>>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Statement {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    effect: Effect,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<OneOrMany>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_action: Option<OneOrMany>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<OneOrMany>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_resource: Option<OneOrMany>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    condition: Conditions,
}

/// IAM lets a list of one be written without brackets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl PolicyDocument {
    /// Reads and checks a document as its author wrote it.
    pub fn from_json(text: &str) -> Result<Self, PolicyError> {
        serde_json::from_str::<Unchecked>(text)?.try_into()
    }

    /// The document without a fence, as compact JSON: what an approver is shown.
    pub fn to_json(&self) -> String {
        String::from_utf8_lossy(&crate::canonical(self)).into_owned()
    }
}

impl Statement {
    fn check(&self, number: usize) -> Result<(), PolicyError> {
        let named = |list: &Option<OneOrMany>| list.as_ref().is_some_and(OneOrMany::says_something);
        for (what, plain, not) in [
            ("Action", &self.action, &self.not_action),
            ("Resource", &self.resource, &self.not_resource),
        ] {
            let one = (named(plain) && not.is_none()) || (named(not) && plain.is_none());
            if !one {
                return Err(PolicyError::OneOf(number, what));
            }
        }
        let actions = self.action.iter().chain(&self.not_action).flat_map(OneOrMany::texts);
        let resources = self.resource.iter().chain(&self.not_resource).flat_map(OneOrMany::texts);
        let odd_sid = self.sid.iter().find(|sid| !sid.bytes().all(|b| b.is_ascii_alphanumeric()));
        let odd = odd_sid
            .or_else(|| { actions }.find(|action| !is_action(action)))
            .or_else(|| { resources }.find(|resource| !is_resource(resource)));
        if let Some(odd) = odd {
            return Err(PolicyError::Said(number, odd.clone()));
        }
        // Values under one key are alternatives, so a second date would widen the fence.
        let ours = |key: &&String| fence::KEYS.iter().any(|own| key.eq_ignore_ascii_case(own));
        match self.condition.values().flat_map(BTreeMap::keys).find(ours) {
            Some(key) => Err(PolicyError::Fence(number, key.clone())),
            None => Ok(()),
        }
    }
}

/// `<service>:<name>` with wildcards, or everything.
fn is_action(text: &str) -> bool {
    let service = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-*?".contains(&b))
    };
    let named = |(vendor, name): (&str, &str)| service(vendor) && service(name);
    text == "*" || text.split_once(':').is_some_and(named)
}

/// An ARN, perhaps with wildcards or variables, or everything.
fn is_resource(text: &str) -> bool {
    text == "*" || (text.starts_with("arn:") && text.split(':').count() >= 6)
}

impl OneOrMany {
    fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }

    fn says_something(&self) -> bool {
        match self {
            Self::One(text) => !text.is_empty(),
            Self::Many(texts) => !texts.is_empty() && texts.iter().all(|text| !text.is_empty()),
        }
    }
}

impl TryFrom<Unchecked> for PolicyDocument {
    type Error = PolicyError;

    fn try_from(raw: Unchecked) -> Result<Self, Self::Error> {
        if raw.version != VERSION {
            return Err(PolicyError::Version);
        }
        if !raw.statement.iter().any(|statement| statement.effect == Effect::Allow) {
            return Err(PolicyError::AllowsNothing);
        }
        for (index, statement) in raw.statement.iter().enumerate() {
            statement.check(index + 1)?;
        }
        let mut sids = raw.statement.iter().filter_map(|statement| statement.sid.as_ref());
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = sids.find(|sid| !seen.insert(*sid)) {
            return Err(PolicyError::Said(raw.statement.len(), twice.clone()));
        }
        let document = Self(raw.statement);
        if let Some(c) = document.to_json().chars().find(|&c| !(' '..='\u{FF}').contains(&c)) {
            return Err(PolicyError::Character(u32::from(c)));
        }
        match document.size_with_fence() {
            size if size > MAX_CHARS => Err(PolicyError::Size(size)),
            _ => Ok(document),
        }
    }
}

impl From<PolicyDocument> for Unchecked {
    fn from(document: PolicyDocument) -> Self {
        Self { version: VERSION.to_owned(), statement: document.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_could_outlast_or_dodge_its_fence_is_refused() {
        let refused = |statement: &str| {
            PolicyDocument::from_json(&format!(
                r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#
            ))
            .unwrap_err()
            .to_string()
        };
        let allow = r#""Effect":"Allow","Action":"s3:*","Resource":"*""#;
        assert_eq!(
            refused(&format!(
                r#"{{{allow},"Condition":{{"DateLessThan":{{"AWS:currenttime":"x"}}}}}}"#
            )),
            "statement 1: `AWS:currenttime` is what the fence of a grant is made of; leave it out"
        );
        assert_eq!(
            refused(r#"{"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"}"#),
            "statement 1: write exactly one of `Action` and `NotAction`, not empty"
        );
        assert_eq!(
            refused(r#"{"Effect":"Allow","Action":"s3:*","Resource":[]}"#),
            "statement 1: write exactly one of `Resource` and `NotResource`, not empty"
        );
        assert_eq!(
            refused(r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#),
            "a policy needs at least one statement that allows something"
        );
        assert!(refused(&format!(r#"{{{allow},"Principal":"*"}}"#)).contains("unknown field"));
        assert_eq!(
            refused(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::ключ"}"#),
            "U+043A is a character IAM does not take"
        );
        let long = format!(
            r#"{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::{}"}}"#,
            "a".repeat(1_900)
        );
        assert_eq!(refused(&long), "with its fence it has 2195 characters; an IAM user takes 2048");
        assert!(matches!(
            PolicyDocument::from_json(r#"{"Version":"2008-10-17","Statement":[]}"#),
            Err(PolicyError::Version)
        ));
    }
}
