//! The trust policy of a role whose sessions are minted.

use std::collections::BTreeSet;

use domain::grant::Grant;
use portcullis::trust;
use serde_json::{Value, json};

use crate::{
    case::{ACCOUNT, Case, Decision, allow},
    evaluator::all_as_expected,
};

const ELSEWHERE: &str = "arn:aws:iam::999999999999:role/reader";

fn trust_of(external_id: Option<&str>) -> Value {
    let grant = Grant::Session {
        role: ELSEWHERE.parse().unwrap(),
        here: false,
        external_id: external_id.map(|id| id.parse().unwrap()),
        policy: None,
        policies: BTreeSet::new(),
    };
    trust::policy(&grant, &format!("arn:aws:iam::{ACCOUNT}:role/session").parse().unwrap())
}

/// The call of `session` to STS, as AWS sees it.
fn call(action: &str, expected: Decision) -> Case {
    Case::new(action, ELSEWHERE, expected)
        .in_account("999999999999")
        .by_role("session", "AROAEXAMPLEEXAMPLE001")
        .with("sts:RoleSessionName", json!("pc-0123456789abcdef0123"))
        .with("sts:ExternalId", json!("portcullis-4711"))
        .with("sts:SourceIdentity", json!("ann@example.com"))
        .with("aws:RequestTag/portcullis:grant", json!("0123456789abcdef0123"))
        .with("aws:RequestTag/portcullis:person", json!("ann@example.com"))
        .with("aws:TagKeys", json!(["portcullis:grant", "portcullis:person"]))
        .identity([allow("sts:*", "*")])
}

const ALL: [&str; 3] = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];

#[test]
fn a_session_is_started_tagged_and_says_whose_it_is() {
    for external_id in [None, Some("portcullis-4711")] {
        let trust = trust_of(external_id);
        let cases =
            ALL.map(|action| call(action, Decision::Allowed).resource_policy(trust.clone()));
        all_as_expected(&cases);
    }
}

#[test]
fn one_statement_for_all_three_would_deny_two_of_them() {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:role/session") },
            "Action": ALL,
            "Condition": { "StringLike": { "sts:RoleSessionName": "pc-*" } },
        }],
    });
    let expected = [Decision::Allowed, Decision::Implicit, Decision::Implicit];
    let cases: Vec<_> = ALL
        .iter()
        .zip(expected)
        .map(|(action, expected)| call(action, expected).resource_policy(trust.clone()))
        .collect();
    all_as_expected(&cases);
}

#[test]
fn nobody_else_and_nothing_else_gets_in() {
    let trust = trust_of(Some("portcullis-4711"));
    let denied = |action: &str, what: &str| {
        call(action, Decision::Implicit).resource_policy(trust.clone()).named(what)
    };
    all_as_expected(&[
        denied("sts:AssumeRole", "another role").by_role("other", "AROAEXAMPLEEXAMPLE002"),
        denied("sts:AssumeRole", "another name").with("sts:RoleSessionName", json!("ann")),
        denied("sts:AssumeRole", "another external id").with("sts:ExternalId", json!("guessed")),
        denied("sts:TagSession", "another tag")
            .with("aws:TagKeys", json!(["portcullis:grant", "portcullis:person", "team"])),
        denied("sts:TagSession", "no grant").with("aws:RequestTag/portcullis:grant", json!("")),
        denied("sts:SetSourceIdentity", "nobody").with("sts:SourceIdentity", json!("")),
    ]);
}
