//! Sessions: inside their window, outside it, and barred.

use std::collections::BTreeSet;

use domain::{
    grant::{Grant, PolicyDocument},
    value::RequestId,
};
use serde_json::json;

use crate::{
    case::{ACCOUNT, Case, Decision, allow},
    evaluator::all_as_expected,
    fences::{AFTER, BEFORE, FIRST, LAST, OBJECT, deployment, json_of, reading, window},
};

pub(crate) fn session(policy: Option<PolicyDocument>, policies: &[&str]) -> String {
    let grant = Grant::Session {
        role: format!("arn:aws:iam::{ACCOUNT}:role/reader").parse().unwrap(),
        here: true,
        external_id: None,
        policy,
        policies: policies.iter().map(|arn| arn.parse().unwrap()).collect::<BTreeSet<_>>(),
    };
    grant.session_policy(window(), deployment().guard()).unwrap()
}

#[test]
fn a_session_is_shut_outside_its_window_even_where_a_resource_lets_it_in() {
    let everybody = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::orders/*",
            "Condition": { "ArnEquals": {
                "aws:PrincipalArn": format!("arn:aws:iam::{ACCOUNT}:role/reader"),
            } },
        }],
    });
    let itself = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:sts::{ACCOUNT}:assumed-role/reader/session") },
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::orders/*",
        }],
    });
    let mut cases = Vec::new();
    for policy in [session(None, &[]), session(Some(reading()), &[])] {
        for resource_policy in [None, Some(&everybody), Some(&itself)] {
            for (time, expected) in [
                (BEFORE, Decision::Explicit),
                (FIRST, Decision::Allowed),
                (LAST, Decision::Allowed),
                (AFTER, Decision::Explicit),
            ] {
                let case = Case::new("s3:GetObject", OBJECT, expected)
                    .by_role("reader", "AROAEXAMPLEEXAMPLE001")
                    .at(time)
                    .identity([allow("s3:*", "*")])
                    .session(&policy);
                cases.push(match resource_policy {
                    Some(resource_policy) => case.resource_policy(resource_policy.clone()),
                    None => case,
                });
            }
        }
    }
    all_as_expected(&cases);
}

#[test]
fn beside_managed_policies_the_inline_part_of_a_session_allows_nothing_and_shuts_it_all() {
    let shut = session(None, &["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    let get = |expected| {
        Case::new("s3:GetObject", OBJECT, expected)
            .by_role("reader", "AROAEXAMPLEEXAMPLE001")
            .identity([allow("s3:*", "*")])
            .session(&shut)
    };
    all_as_expected(&[
        get(Decision::Explicit).at(BEFORE),
        get(Decision::Implicit).at(FIRST),
        get(Decision::Explicit).at(AFTER),
    ]);
}

#[test]
fn bars_keep_out_the_sessions_of_their_requests_and_nobody_else() {
    let id = |number| RequestId::from_random([number; 10]);
    let (barred, also, other) = (id(1), id(3), id(2));
    let bar = json_of(&PolicyDocument::bars(&[barred.clone(), also.clone()].into()));
    let get = |expected| {
        Case::new("s3:GetObject", OBJECT, expected)
            .by_role("reader", "AROAEXAMPLEEXAMPLE001")
            .identity([allow("s3:*", "*"), bar.clone()])
    };
    let of = |id: &RequestId| json!(id.as_str());
    all_as_expected(&[
        get(Decision::Explicit).with("aws:PrincipalTag/portcullis:grant", of(&barred)),
        get(Decision::Explicit).with("aws:PrincipalTag/portcullis:grant", of(&also)),
        get(Decision::Allowed).with("aws:PrincipalTag/portcullis:grant", of(&other)),
        get(Decision::Allowed).with("aws:PrincipalTag/team", json!("orders")),
    ]);
}
