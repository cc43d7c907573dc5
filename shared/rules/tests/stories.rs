//! What the rules say, told through Ann, Bob and Carol.

#![expect(clippy::unwrap_used, reason = "tests")]

use jiff::Timestamp;
use rules::{Asking, RuleSet, RulesError, Sources, Verdict};

const PEOPLE: &str = r#"
[[person]]
mail = "ann@example.com"
name = "Ann"
arns = ["arn:aws:iam::000000000000:user/ann"]
groups = ["engineers", "owners"]

[[person]]
mail = "bob@example.com"
name = "Bob"
arns = ["arn:aws:iam::000000000000:user/bob"]
groups = ["owners"]

[[person]]
mail = "carol@example.com"
name = "Carol"
arns = ["arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_engineer_0a1b/carol@example.com"]
groups = ["engineers"]
"#;

const ENTITLEMENTS: &str = r#"
[[entitlement]]
id = "orders-read"
title = "Read the orders table"
requesters = ["group:engineers"]
approvers = ["group:owners"]
max_duration = "1h"
decide_within = "4h"
grant = { kind = "inline_policy", policy = "policies/orders-read.json" }
"#;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}]}"#;

fn sources() -> Sources {
    Sources {
        entitlements: ENTITLEMENTS.to_owned(),
        people: PEOPLE.to_owned(),
        policies: [("policies/orders-read.json".to_owned(), POLICY.to_owned())].into(),
    }
}

fn rules() -> RuleSet {
    sources().check().unwrap()
}

fn now() -> Timestamp {
    "2026-05-04T10:00:00Z".parse().unwrap()
}

fn asks(rules: &RuleSet, arn: &str, entitlement: &str, duration: &str) -> Verdict {
    let asking = Asking {
        entitlement: entitlement.parse().unwrap(),
        duration: duration.parse().unwrap(),
        reason: "incident 4711".parse().unwrap(),
    };
    rules.judge(&arn.parse().unwrap(), asking, now())
}

fn denials(verdict: Verdict) -> Vec<String> {
    match verdict {
        Verdict::Deny(reasons) => reasons.iter().map(ToString::to_string).collect(),
        Verdict::NeedsApproval(_) => vec![],
    }
}

const ANN: &str = "arn:aws:iam::000000000000:user/ann";

#[test]
fn ann_may_ask_and_everybody_but_ann_may_approve() {
    let rules = rules();
    let Verdict::NeedsApproval(ask) = asks(&rules, ANN, "orders-read", "1h") else {
        unreachable!("Ann is an engineer")
    };
    assert_eq!(ask.requester.as_str(), "ann@example.com");
    assert_eq!(ask.approvers, ["bob@example.com".parse().unwrap()].into());
    assert_eq!(ask.decide_by.to_string(), "2026-05-04T14:00:00Z");
    assert_eq!(ask.rules, rules.digest());
}

#[test]
fn every_reason_against_an_ask_is_given_at_once() {
    let bob = "arn:aws:iam::000000000000:user/bob";
    assert_eq!(
        denials(asks(&rules(), bob, "orders-read", "2h")),
        [
            "`orders-read` may be asked for by others, not by bob@example.com",
            "`orders-read` may be had for at most PT1H, not PT2H",
        ]
    );
    let carol =
        "arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_engineer_0a1b/carol@example.com";
    assert_eq!(
        denials(asks(&rules(), carol, "orders-read", "1h")),
        [format!("`orders-read` is granted to IAM users, and {carol} is not one")]
    );
}

#[test]
fn a_stranger_is_told_which_arn_to_add() {
    assert_eq!(
        denials(asks(&rules(), "arn:aws:iam::000000000000:user/eve", "orders-read", "1h")),
        ["nobody in the directory has the ARN arn:aws:iam::000000000000:user/eve; \
          ask an administrator to add it"]
    );
    assert_eq!(
        denials(asks(&rules(), ANN, "payroll-read", "1h")),
        ["there is no entitlement `payroll-read`; see GET /entitlements"]
    );
}

#[test]
fn a_right_that_was_taken_away_does_not_decide() {
    let rules = rules();
    let Verdict::NeedsApproval(ask) = asks(&rules, ANN, "orders-read", "1h") else {
        unreachable!("Ann is an engineer")
    };
    let id = domain::RequestId::from_random([1; 10]);
    let (request, _) = domain::Request::open(&id, *ask, now()).unwrap();
    let bob = "bob@example.com".parse().unwrap();
    assert_eq!(rules.may_decide(&bob, &request), Ok(()));

    let changed = |edit: fn(&mut Sources)| {
        let mut sources = sources();
        edit(&mut sources);
        let changed = sources.check().unwrap();
        changed.may_decide(&bob, &request).unwrap_err().to_string()
    };
    let again = "the rules for `orders-read` have changed since this was asked; \
                 it must be asked again";
    assert_eq!(
        changed(|s| {
            s.people = s.people.replace("[\"owners\"]", "[\"engineers\"]");
            s.entitlements = s
                .entitlements
                .replace("\"group:owners\"", "\"carol@example.com\", \"ann@example.com\"");
        }),
        "bob@example.com is not an approver of `orders-read` any more"
    );
    assert_eq!(changed(|s| s.entitlements = s.entitlements.replace("1h", "30m")), again);
    assert_eq!(changed(|s| s.entitlements = String::new()), again);
    assert_eq!(
        changed(|s| {
            s.policies.values_mut().for_each(|p| *p = p.replace("GetItem", "*"));
        }),
        again
    );
}

#[test]
fn a_set_with_a_mistake_is_rejected_whole_and_every_mistake_is_named() {
    let rejected = |edit: fn(&mut Sources)| -> Vec<String> {
        let mut sources = sources();
        edit(&mut sources);
        let RulesError { problems } = sources.check().unwrap_err();
        problems
    };
    assert_eq!(
        rejected(|s| {
            s.entitlements = s
                .entitlements
                .replace("\"group:engineers\"", "\"group:enginers\", \"eve@example.com\", \"x\"")
                .replace("\"group:owners\"", "")
                .replace("orders-read.json", "missing.json")
                .replace("max_duration", "quorum = 0\nmax_duration");
        }),
        [
            "entitlements.toml: `orders-read`: `requesters`: nobody is in a group `enginers`",
            "entitlements.toml: `orders-read`: `requesters`: eve@example.com is not in people.toml",
            "entitlements.toml: `orders-read`: `requesters`: `x`: a person is named by a plain \
             mail address such as `ann@example.com`",
            "entitlements.toml: `orders-read`: `approvers` names nobody",
            "entitlements.toml: `orders-read`: `quorum` is at least 1",
            "entitlements.toml: `orders-read`: there is no file `policies/missing.json`",
        ]
    );
    assert_eq!(
        rejected(|s| s.entitlements = s.entitlements.replace("max_", "quorum = 2\nmax_")),
        ["entitlements.toml: `orders-read`: when ann@example.com asks, 1 approvers are left \
          for a `quorum` of 2"]
    );
    assert_eq!(
        rejected(|s| s.entitlements = s.entitlements.repeat(2)),
        ["entitlements.toml: `orders-read`: is defined twice"]
    );
    assert_eq!(
        rejected(|s| s.people = s.people.replace("user/bob", "user/ann")),
        ["people.toml: `arn:aws:iam::000000000000:user/ann` belongs to both ann@example.com \
          and bob@example.com"]
    );
    let chosen = rejected(|s| s.people = s.people.replace("AWSReservedSSO_engineer_0a1b", "dev"));
    assert!(chosen.concat().contains("chooses the name at its end, so it proves nobody"));
    let unknown_key = rejected(|s| s.entitlements = s.entitlements.replace("title =", "titel ="));
    assert!(unknown_key.concat().contains("unknown field `titel`"), "{unknown_key:?}");
    let zero = rejected(|s| s.entitlements = s.entitlements.replace("\"1h\"", "\"0s\""));
    assert!(zero.concat().contains("a duration is a whole number of seconds"), "{zero:?}");
}
