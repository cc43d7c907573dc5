//! A policy in words: what people read before they decide.

use super::{
    Effect, OneOrMany, PolicyDocument, PolicyStatement,
    condition::{Conditions, Scalar},
};

/// One statement of a policy, in words. It says less than the policy itself, which
/// is shown beside it, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// `Allows` or `Forbids`.
    pub effect: &'static str,
    /// What: actions, or all but some.
    pub what: String,
    /// On what: resources, or all but some.
    pub on: String,
    /// Under which conditions; each must hold.
    pub only_if: Vec<String>,
}

impl PolicyDocument {
    /// The statements in words, in their order.
    pub fn clauses(&self) -> impl Iterator<Item = Clause> {
        self.statements.iter().map(Clause::of)
    }
}

impl Clause {
    fn of(statement: &PolicyStatement) -> Self {
        Self {
            effect: match statement.effect {
                Effect::Allow => "Allows",
                Effect::Deny => "Forbids",
            },
            what: either(statement.action.as_ref(), statement.not_action.as_ref()),
            on: either(statement.resource.as_ref(), statement.not_resource.as_ref()),
            only_if: conditions(&statement.condition),
        }
    }
}

/// A list, or everything but a list: a checked statement has one of the two.
fn either(named: Option<&OneOrMany<String>>, but: Option<&OneOrMany<String>>) -> String {
    match (named, but) {
        (Some(named), _) if named.all() == ["*"] => "everything".to_owned(),
        (Some(named), _) => named.all().join(", "),
        (None, Some(but)) => format!("everything but {}", but.all().join(", ")),
        (None, None) => "nothing".to_owned(),
    }
}

fn conditions(conditions: &Conditions) -> Vec<String> {
    let in_words = |(operator, key, values): (&str, &str, &[Scalar])| {
        let values: Vec<_> = values.iter().map(ToString::to_string).collect();
        format!("{key} {operator} {}", values.join(", "))
    };
    conditions.all().map(in_words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_as_sentences_that_leave_nothing_out() {
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*",
             "Condition":{"StringLike":{"s3:prefix":["a/*","b/*"]}}},
            {"Effect":"Deny","NotAction":"s3:*","NotResource":["arn:aws:s3:::x"]}]}"#;
        let clauses: Vec<_> = PolicyDocument::from_json(text).unwrap().clauses().collect();
        let words = |clause: &Clause| {
            let Clause { effect, what, on, only_if } = clause;
            format!("{effect} {what} on {on} {}", only_if.join("; "))
        };
        assert_eq!(
            clauses.iter().map(words).collect::<Vec<_>>(),
            [
                "Allows s3:GetObject, s3:ListBucket on everything s3:prefix StringLike a/*, b/*",
                "Forbids everything but s3:* on everything but arn:aws:s3:::x ",
            ]
        );
    }
}
