//! An IAM policy document as data. `fence` turns it into the policy that is put into IAM, and that
//! closes by itself.
//!
//! A grant relies on two checks here: nothing of a document is lost when it is read, and nothing in
//! it touches its fence. The reader of the rules checks whether IAM accepts the document. So a
//! requirement of IAM that we learn later never makes an old record unreadable.

mod clause;
mod condition;
mod fence;
mod guard;
mod list;
mod name;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use clause::{PolicyClause, PolicyCondition, Scope};
use condition::Conditions;
pub(crate) use fence::AddsUp;
pub use fence::{FENCE_KEYS, GRANT_TAG, PERSON_TAG, ROOM_ON_A_ROLE, ROOM_ON_A_USER, size_in_iam};
pub use guard::Guard;
use list::OneOrMany;
pub use name::{PolicyName, Purpose};

/// The reason why a text is not a policy that may be granted.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// Not JSON, or not the JSON of an identity policy.
    #[error("not an identity policy: {0}")]
    Malformed(#[from] serde_json::Error),
    /// An empty list of statements, or nothing but `Deny`.
    #[error("a policy needs at least one statement that allows something")]
    AllowsNothing,
    /// Neither or both of a pair such as `Action` and `NotAction`.
    #[error("statement {0}: write exactly one of `{1}` and `Not{1}`, not empty")]
    OneOf(usize, &'static str),
    /// The document has a condition of its own on the time, or on the caller's unique id.
    #[error("statement {0}: `{1}` is what the fence of a grant is made of; leave it out")]
    Fence(usize, String),
}

/// The identity policy of a grant, as its author wrote it.
///
/// A value of this type was checked: each statement names its actions and resources, no name occurs
/// twice in a condition, and no condition uses a key of the fence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct PolicyDocument {
    version: Version,
    statements: Vec<PolicyStatement>,
}

/// The version of the policy language. A document without one has the older version, which has no
/// policy variables. Another version would change the meaning of the document.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Version {
    #[default]
    #[serde(rename = "2008-10-17")]
    Old,
    #[serde(rename = "2012-10-17")]
    Current,
}

/// The JSON shape of a policy, with nothing known about it yet.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Unchecked {
    #[serde(default)]
    version: Version,
    /// The name of the policy in older tools. It has no meaning and is dropped.
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "it is read, so that it is not refused")]
    id: Option<String>,
    statement: OneOrMany<PolicyStatement>,
}

/// The effect of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolicyEffect {
    /// It allows.
    Allow,
    /// It denies, even if another statement allows.
    Deny,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct PolicyStatement {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    effect: PolicyEffect,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<OneOrMany<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_action: Option<OneOrMany<String>>,
    #[serde(
        default,
        deserialize_with = "list::without_nulls",
        skip_serializing_if = "Option::is_none"
    )]
    resource: Option<OneOrMany<String>>,
    #[serde(
        default,
        deserialize_with = "list::without_nulls",
        skip_serializing_if = "Option::is_none"
    )]
    not_resource: Option<OneOrMany<String>>,
    #[serde(default, skip_serializing_if = "Conditions::is_empty")]
    condition: Conditions,
}

impl PolicyDocument {
    /// Reads and checks a document as its author wrote it.
    pub fn from_json(text: &str) -> Result<Self, PolicyError> {
        serde_json::from_str::<Unchecked>(text)?.try_into()
    }

    /// The document without a fence, as compact JSON. An approver sees it in this form.
    pub fn to_json(&self) -> String {
        crate::value::canonical_text(self)
    }
}

impl PolicyStatement {
    fn check(&self, number: usize) -> Result<(), PolicyError> {
        let named = |list: &Option<OneOrMany<String>>| {
            list.as_ref().is_some_and(|list| {
                !list.all().is_empty() && list.all().iter().all(|text| !text.is_empty())
            })
        };
        for (what, plain, not) in [
            ("Action", &self.action, &self.not_action),
            ("Resource", &self.resource, &self.not_resource),
        ] {
            let one = (named(plain) && not.is_none()) || (named(not) && plain.is_none());
            if !one {
                return Err(PolicyError::OneOf(number, what));
            }
        }
        // Values under one key are alternatives, so a second date would widen the fence.
        let ours = |key: &&str| FENCE_KEYS.iter().any(|own| key.eq_ignore_ascii_case(own));
        match self.condition.keys().find(ours) {
            Some(key) => Err(PolicyError::Fence(number, key.to_owned())),
            None => Ok(()),
        }
    }
}

impl TryFrom<Unchecked> for PolicyDocument {
    type Error = PolicyError;

    fn try_from(raw: Unchecked) -> Result<Self, Self::Error> {
        let statements = Vec::from(raw.statement);
        if !statements.iter().any(|statement| statement.effect == PolicyEffect::Allow) {
            return Err(PolicyError::AllowsNothing);
        }
        for (index, statement) in statements.iter().enumerate() {
            statement.check(index + 1)?;
        }
        Ok(Self { version: raw.version, statements })
    }
}

impl From<PolicyDocument> for Unchecked {
    fn from(document: PolicyDocument) -> Self {
        let statement = OneOrMany::Many(document.statements);
        Self { version: document.version, id: None, statement }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(statement: &str) -> String {
        let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        PolicyDocument::from_json(&document).unwrap_err().to_string()
    }

    const ALLOW: &str = r#""Effect":"Allow","Action":"s3:*","Resource":"*""#;

    #[test]
    fn a_policy_that_could_outlast_or_dodge_its_fence_is_refused() {
        assert_eq!(
            refused(&format!(
                r#"{{{ALLOW},"Condition":{{"DateLessThan":{{"AWS:currenttime":"x"}}}}}}"#
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
        assert!(refused(&format!(r#"{{{ALLOW},"Principal":"*"}}"#)).contains("unknown field"));
    }

    #[test]
    fn no_restriction_is_lost_because_its_name_stands_twice() {
        for condition in [
            r#"{"StringLike":{"s3:prefix":"one/","s3:prefix":"two/"}}"#,
            r#"{"StringLike":{"s3:prefix":"one/","S3:Prefix":"two/"}}"#,
            r#"{"StringLike":{"s3:prefix":"one/"},"StringLike":{"s3:delimiter":"/"}}"#,
            r#"{"StringLike":{"s3:prefix":"one/"},"stringlike":{"s3:delimiter":"/"}}"#,
        ] {
            let said = refused(&format!(r#"{{{ALLOW},"Condition":{condition}}}"#));
            assert!(said.contains("stands here twice at line 1"), "{said}");
        }
        let said = refused(&format!(r#"{{{ALLOW},"Resource":"arn:aws:s3:::b"}}"#));
        assert!(said.contains("duplicate field `Resource`"), "{said}");
    }

    #[test]
    fn what_a_document_says_is_kept_as_it_is() {
        let text = concat!(
            r#"{"Statement":[{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":true},"#,
            r#""NumericLessThan":{"s3:max-keys":[10,"20"]}},"Effect":"Allow","Resource":"*","#,
            r#""Sid":""}],"Version":"2008-10-17"}"#
        );
        assert_eq!(PolicyDocument::from_json(text).unwrap().to_json(), text);
        let named = text.replace(r#""Version":"2008-10-17""#, r#""Id":"x""#);
        let one = named.replace(r#""Statement":[{"#, r#""Statement":{"#).replace("}],", "},");
        assert_eq!(PolicyDocument::from_json(&one).unwrap().to_json(), text, "the older version");
    }
}
