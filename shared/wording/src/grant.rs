//! Grants as approvers read them before they decide.

use domain::grant::{Grant, PolicyClause, PolicyDocument, PolicyEffect, Scope};

/// One statement of a grant, as people read it. It says less than the policy itself, which is shown
/// beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// `Allows` or `Forbids`.
    pub effect: &'static str,
    /// The actions.
    pub what: String,
    /// The resources.
    pub on: String,
    /// The conditions. Each must hold.
    pub only_if: Vec<String>,
}

/// Display name of the identity that the grantee acts as.
pub fn acts_as(grant: &Grant) -> String {
    match grant {
        Grant::InlinePolicy { on, .. } | Grant::ManagedPolicy { on, .. } => on.to_string(),
        Grant::Session { role, .. } => format!("a session of {role}"),
    }
}

/// The statements of the grant, as people read them.
pub fn clauses(grant: &Grant) -> Vec<Clause> {
    match grant {
        Grant::InlinePolicy { policy, .. } => policy.clauses().map(Clause::from).collect(),
        Grant::ManagedPolicy { policy, .. } => vec![allows("what the policy says", policy)],
        Grant::Session { role, policy: None, policies, .. } if policies.is_empty() => {
            vec![allows("everything this role may", role)]
        }
        Grant::Session { policy, policies, .. } => {
            let own = policy.iter().flat_map(PolicyDocument::clauses).map(Clause::from);
            let managed = policies.iter().map(|arn| allows("what the policy says", arn));
            own.chain(managed).collect()
        }
    }
}

/// The end of the grant's access, as a sentence.
pub fn ending(grant: &Grant) -> &'static str {
    match grant {
        Grant::InlinePolicy { .. } => "Each statement is given the window to the second.",
        Grant::ManagedPolicy { .. } => {
            "A managed policy takes no expiry: it is taken away within two minutes after the end."
        }
        Grant::Session { .. } => "Each session is given the window to the second.",
    }
}

impl From<PolicyClause> for Clause {
    fn from(clause: PolicyClause) -> Self {
        let conditions = clause.conditions.iter();
        Self {
            effect: match clause.effect {
                PolicyEffect::Allow => "Allows",
                PolicyEffect::Deny => "Forbids",
            },
            what: scope(&clause.actions),
            on: scope(&clause.resources),
            only_if: conditions
                .map(|one| format!("{} {} {}", one.key, one.operator, one.values.join(", ")))
                .collect(),
        }
    }
}

fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Only(named) if *named == ["*"] => "everything".to_owned(),
        Scope::Only(named) if named.is_empty() => "nothing".to_owned(),
        Scope::Only(named) => named.join(", "),
        Scope::AllBut(named) => format!("everything but {}", named.join(", ")),
    }
}

fn allows(what: &str, by: &impl ToString) -> Clause {
    let (what, on) = (what.to_owned(), by.to_string());
    Clause { effect: "Allows", what, on, only_if: Vec::new() }
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
        let clauses: Vec<_> =
            PolicyDocument::from_json(text).unwrap().clauses().map(Clause::from).collect();
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
