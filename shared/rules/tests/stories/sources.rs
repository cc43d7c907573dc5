//! The rules of the stories, and drafts of Ann under them.

use domain::{request::Terms, value::CallContext};
use rules::{
    directory::{Caller, SignedCaller},
    judge::{RequestDraft, Ruling, Urgency},
    source::{RuleSet, Sources},
};

pub(crate) const PEOPLE: &str = r#"
trusted_sessions = ["arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_*"]

[[issuer]]
url = "https://login.example.com/"
claim = "email"

[[person]]
mail = "ann@example.com"
name = "Ann"
arns = ["arn:aws:iam::000000000000:user/ann", "arn:aws:iam::000000000000:role/team/ann-laptop"]
groups = ["engineers", "owners"]
manager = "carol@example.com"

[[person]]
mail = "bob@example.com"
name = "Bob"
arns = ["arn:aws:iam::000000000000:user/bob"]
groups = ["owners"]

[[person]]
mail = "carol@example.com"
name = "Carol"
groups = ["engineers"]
"#;

pub(crate) const ENTITLEMENTS: &str = r#"
timezone = "Europe/Berlin"

[[entitlement]]
id = "orders-read"
title = "Read the orders table"
requesters = ["group:engineers"]
approvers = ["group:owners"]
max_duration = "1h"
decide_within = "4h"
break_glass = { review_within = "1h" }
grant = { kind = "inline_policy", policy = "policies/orders-read.json" }
"#;

pub(crate) const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}]}"#;

pub(crate) const CEDAR: &str = r#"
@id("night")
@reason("the shop is closed")
@advice("ask between eight and six")
@except("breakGlass")
forbid (principal, action == Action::"request", resource)
when { context.hour < 8 || context.hour >= 18 };

@id("oncall")
permit (principal in Group::"owners", action == Action::"breakGlass", resource);
"#;

pub(crate) fn sources() -> Sources {
    Sources::from_iter([
        ("people.toml", PEOPLE),
        ("entitlements.toml", ENTITLEMENTS),
        ("policies/orders-read.json", POLICY),
        ("own.cedar", CEDAR),
    ])
}

pub(crate) fn changed(file: &str, from: &str, to: &str) -> Sources {
    let mut sources = sources();
    let text = sources.get(file).unwrap();
    assert!(text.contains(from), "{from}");
    let text = text.replace(from, to);
    sources.set(file, text);
    sources
}

pub(crate) fn rules() -> RuleSet {
    sources().check().unwrap()
}

/// 10:00 UTC, noon in Berlin.
pub(crate) const NOON: &str = "2026-05-04T10:00:00Z";

pub(crate) fn call(at: &str) -> CallContext {
    CallContext { at: at.parse().unwrap(), source_ip: None, mfa: false }
}

/// A session whose role was found at the path of Identity Center.
pub(crate) fn identity_center(arn: &str) -> Caller {
    Caller::Aws(SignedCaller::new(arn.parse().unwrap(), None).verified_as_identity_center())
}

pub(crate) fn aws(arn: &str) -> Caller {
    Caller::Aws(SignedCaller::new(arn.parse().unwrap(), None))
}

pub(crate) fn draft(duration: &str) -> RequestDraft {
    RequestDraft {
        entitlement: "orders-read".parse().unwrap(),
        duration: duration.parse().unwrap(),
        reason: "incident 4711".parse().unwrap(),
        ticket: None,
        starts_at: None,
        extends: None,
        urgency: Urgency::Usual,
    }
}

pub(crate) fn ann_asks(rules: &RuleSet, draft: &RequestDraft) -> Ruling {
    rules.judge(&aws(ANN), draft, call(NOON))
}

pub(crate) fn pinned(verdict: Ruling) -> Terms {
    verdict.terms().unwrap()
}

pub(crate) fn rules_against(verdict: Ruling) -> Vec<String> {
    let denials = verdict.terms().unwrap_err();
    denials.iter().map(|denial| denial.rule.to_string()).collect()
}

pub(crate) const ANN: &str = "arn:aws:iam::000000000000:user/ann";
pub(crate) const BOB: &str = "arn:aws:iam::000000000000:user/bob";
