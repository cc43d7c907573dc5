//! Finds things that a policy lets its holder leave behind: keys, roles, code, permissions.
//!
//! Access ends with its window, but things made with it stay. The author of the entry says whether
//! that is intended, and its approvers read the reason.

use std::{collections::BTreeMap, ops::Range, sync::LazyLock};

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{Object, Value},
    parse_to_ast,
};

use super::{glob::matches, list, place, services, texts};
use crate::source::File;

/// One line for each kind of thing that is left behind: its name, a colon, and the actions that
/// leave it.
const DATA: &str = include_str!("lasting.txt");

/// The name of the thing that is left behind by actions that change permissions.
const PERMISSIONS: &str = "changed permissions";

/// The actions that leave something behind, each with the name of that thing.
static LASTING: LazyLock<BTreeMap<String, &str>> = LazyLock::new(|| {
    let lines = DATA.lines().filter(|line| !line.starts_with('#'));
    let chosen = lines.filter_map(|line| line.split_once(": ")).flat_map(|(what, actions)| {
        actions.split_whitespace().map(move |action| (action.to_owned(), what))
    });
    services::permissive().map(|action| (action, PERMISSIONS)).chain(chosen).collect()
});

/// A thing that a policy lets its holder leave behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lasting {
    /// The place in the policy file, in bytes.
    pub(crate) place: Range<usize>,
    /// The thing, and the actions that leave it, in words.
    pub(crate) what: String,
}

/// Finds all things that this policy lets its holder leave behind. An action that the policy also
/// denies, on every resource and without a condition, does not count, unless it is allowed by a
/// wildcard for every service. A text that is not a policy has none.
pub(crate) fn lasting(file: &File) -> Vec<Lasting> {
    let parsed = parse_to_ast(&file.text, &CollectOptions::default(), &ParseOptions::default());
    let parsed = parsed.ok().and_then(|parsed| parsed.value);
    let statements = parsed.as_ref().and_then(|root| root.as_object()?.get("Statement"));
    let statements = statements.iter().flat_map(|element| list(&element.value));
    let statements: Vec<_> = statements.filter_map(Value::as_object).collect();
    let denials: Vec<_> = statements.iter().filter(|one| denies_everywhere(one)).collect();
    let denied = |action: &str| denials.iter().any(|statement| names(statement, action));
    let allowing = statements.iter().filter(|statement| has_effect(statement, "Allow"));
    allowing.flat_map(|statement| left_by(statement, denied)).collect()
}

fn left_by(statement: &Object<'_>, denied: impl Fn(&str) -> bool) -> Vec<Lasting> {
    if let Some(element) = statement.get("NotAction") {
        let what = "whatever AWS can do, but for a list: also what it learns tomorrow".to_owned();
        return vec![Lasting { place: place(&element.name), what }];
    }
    let left = |(pattern, place): (&str, Range<usize>)| {
        if names_every_service(pattern) {
            return Some(Lasting { place, what: "whatever AWS can do".to_owned() });
        }
        let mut actions = matching(pattern).filter(|(action, _)| !denied(action));
        let (action, what) = actions.next()?;
        let more = match actions.count() {
            0 => String::new(),
            more => format!(", and {more} more such actions"),
        };
        Some(Lasting { place, what: format!("{what}, with {action}{more}") })
    };
    texts(statement, &["Action"]).into_iter().filter_map(left).collect()
}

/// Whether the service in a pattern has a wildcard.
fn names_every_service(pattern: &str) -> bool {
    pattern.split_once(':').map_or(pattern, |(service, _)| service).contains(['*', '?'])
}

fn matching(pattern: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = LASTING.iter().map(|(action, what)| (action.as_str(), *what));
    all.filter(move |(action, _)| matches(pattern, action))
}

fn has_effect(statement: &Object<'_>, effect: &str) -> bool {
    texts(statement, &["Effect"]).iter().any(|(text, _)| *text == effect)
}

fn denies_everywhere(statement: &Object<'_>) -> bool {
    let everything = texts(statement, &["Resource"]).iter().any(|(text, _)| *text == "*");
    has_effect(statement, "Deny") && everything && statement.get("Condition").is_none()
}

/// Whether a statement covers this action.
fn names(statement: &Object<'_>, action: &str) -> bool {
    let named = |element: &str| {
        texts(statement, &[element]).iter().any(|(pattern, _)| matches(pattern, action))
    };
    named("Action") || (statement.get("NotAction").is_some() && !named("NotAction"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(statements: &str) -> Vec<String> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#);
        let file = File { name: "policies/p.json".to_owned(), text: text.into() };
        lasting(&file).into_iter().map(|lasting| lasting.what).collect()
    }

    fn left_by_actions(actions: &str) -> Vec<String> {
        left(&format!(r#"[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]"#))
    }

    #[test]
    fn what_reads_and_writes_data_leaves_nothing_behind() {
        let actions = r#""s3:GetObject","dynamodb:PutItem","logs:Get*","sqs:SendMessage","kms:Decrypt",
            "lambda:InvokeFunction","ec2:Describe*","iam:Get*","iam:List*","rds-db:connect""#;
        assert!(left_by_actions(actions).is_empty(), "{:?}", left_by_actions(actions));
    }

    #[test]
    fn what_outlasts_the_window_is_named_with_the_action_that_leaves_it() {
        for (action, what) in [
            ("iam:CreateAccessKey", "keys and passwords"),
            ("IAM:createloginprofile", "keys and passwords"),
            ("iam:AttachUserPolicy", PERMISSIONS),
            ("iam:PutRolePolicy", PERMISSIONS),
            ("iam:UpdateAssumeRolePolicy", PERMISSIONS),
            ("iam:PassRole", "a role in the hands of something that runs"),
            ("lambda:UpdateFunctionCode", "code that runs later"),
            ("lambda:AddPermission", PERMISSIONS),
            ("s3:PutBucketPolicy", PERMISSIONS),
            ("kms:PutKeyPolicy", PERMISSIONS),
            ("kms:CreateGrant", PERMISSIONS),
            ("ssm:SendCommand", "commands on machines"),
            ("cloudformation:CreateStack", "stacks"),
            ("scheduler:CreateSchedule", "schedules and triggers"),
            ("sts:AssumeRole", "credentials of another role"),
            // AWS lists these as writes, not as changes of permissions.
            ("sso:PutInlinePolicyToPermissionSet", PERMISSIONS),
            ("rds:ModifyDBSnapshotAttribute", PERMISSIONS),
            ("kinesis:PutResourcePolicy", PERMISSIONS),
            ("codecommit:GitPush", "code that runs later"),
        ] {
            let said = left_by_actions(&format!("\"{action}\""));
            assert!(said.len() == 1 && said[0].starts_with(what), "{action}: {said:?}");
        }
        let said = left_by_actions(r#""iam:Create*Key""#);
        assert_eq!(said, ["keys and passwords, with iam:CreateAccessKey"]);
        assert!(left_by_actions(r#""s3:*""#)[0].contains("more such actions"));
    }

    #[test]
    fn everything_and_everything_but_a_list_may_leave_anything() {
        assert_eq!(left_by_actions(r#""*""#), ["whatever AWS can do"]);
        assert_eq!(left_by_actions(r#""*:*""#), ["whatever AWS can do"]);
        let but = left(r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#);
        assert_eq!(but, ["whatever AWS can do, but for a list: also what it learns tomorrow"]);
    }

    #[test]
    fn what_is_denied_everywhere_and_always_is_not_left() {
        let with = |denial: &str| {
            left(&format!(
                r#"[{{"Effect":"Allow","Action":"kms:*","Resource":"*"}},{{"Effect":"Deny",{denial}}}]"#
            ))
        };
        let actions = r#""Action":["kms:Put*","kms:CreateGrant","kms:ReplicateKey"]"#;
        assert!(with(&format!(r#"{actions},"Resource":"*""#)).is_empty());
        assert!(with(r#""NotAction":"kms:Decrypt","Resource":"*""#).is_empty());
        assert!(!with(&format!(r#"{actions},"Resource":"arn:aws:kms:*:*:key/a""#)).is_empty());
        let sometimes = r#""Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}"#;
        assert!(!with(&format!("{actions},{sometimes}")).is_empty());
    }

    #[test]
    fn every_action_of_the_list_is_one_that_aws_has() {
        let unknown: Vec<_> =
            LASTING.keys().filter_map(|action| services::unknown_action(action)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        assert!(LASTING.len() > 300, "{}", LASTING.len());
    }
}
