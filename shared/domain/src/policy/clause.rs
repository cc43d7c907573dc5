//! A policy in words: what people read before they decide.

use super::{Conditions, Effect, OneOrMany, PolicyDocument, Statement};

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
        self.0.iter().map(Clause::of)
    }
}

impl Clause {
    fn of(statement: &Statement) -> Self {
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
fn either(named: Option<&OneOrMany>, but: Option<&OneOrMany>) -> String {
    match (named, but) {
        (Some(named), _) if named.all().eq(["*"]) => "everything".to_owned(),
        (Some(named), _) => joined(named),
        (None, Some(but)) => format!("everything but {}", joined(but)),
        (None, None) => "nothing".to_owned(),
    }
}

fn joined(list: &OneOrMany) -> String {
    list.all().collect::<Vec<_>>().join(", ")
}

fn conditions(conditions: &Conditions) -> Vec<String> {
    let keys = conditions
        .iter()
        .flat_map(|(operator, keys)| keys.iter().map(move |(key, values)| (operator, key, values)));
    keys.map(|(operator, key, values)| format!("{key} {operator} {}", joined(values))).collect()
}

impl OneOrMany {
    fn all(&self) -> impl Iterator<Item = &str> {
        let list = match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        };
        list.iter().map(String::as_str)
    }
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
