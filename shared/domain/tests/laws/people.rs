//! Ann asks; Bob, Carol and Dave decide; Erin hears of it.

use std::collections::BTreeSet;

use domain::{
    grant::{Grant, PolicyDocument, Principal},
    request::{
        Approval, Channel, Command, Entry, Nudge, Request, Shown, Statement, Step, Steps, Terms,
        Verdict,
    },
    value::{Basis, CallContext, Digest, Person, RequestId},
};
use jiff::{SignedDuration, Timestamp};

pub(crate) const PEOPLE: [&str; 4] = ["ann", "bob", "carol", "dave"];

pub(crate) fn person(name: &str) -> Person {
    format!("{name}@example.com").parse().unwrap()
}

pub(crate) fn start() -> Timestamp {
    "2026-05-04T10:00:00Z".parse().unwrap()
}

pub(crate) fn basis() -> Basis {
    Basis { rule_set: Digest::ZERO, rule_ids: ["base/requesters".parse().unwrap()].into() }
}

pub(crate) fn call() -> CallContext {
    CallContext { at: start(), source_ip: None, mfa: false }
}

pub(crate) fn step(name: &str, approvers: &[&str], quorum: usize) -> Step {
    let approvers = approvers.iter().map(|name| person(name)).collect();
    Step { name: name.to_owned(), approvers, quorum }
}

pub(crate) fn decide_by() -> Timestamp {
    start() + SignedDuration::from_hours(2)
}

pub(crate) fn people(steps: Vec<Step>) -> Approval {
    let to = [person("erin")].into();
    let nudges = vec![
        Nudge::Reminder { at: start() + SignedDuration::from_hours(1) },
        Nudge::Escalation { at: start() + SignedDuration::from_mins(90), to },
    ];
    Approval::People { steps: Steps(steps), decide_by: decide_by(), nudges }
}

pub(crate) fn break_glass() -> Approval {
    let review_by = start() + SignedDuration::from_hours(3);
    Approval::BreakGlass {
        reviewers: ["bob", "carol"].map(person).into(),
        informed: BTreeSet::new(),
        review_by,
    }
}

/// An approval by Bob and Carol, within two hours.
pub(crate) fn owners(quorum: usize) -> Approval {
    people(vec![step("owners", &["bob", "carol"], quorum)])
}

/// Approvals of every kind.
pub(crate) fn ways() -> Vec<Approval> {
    let two_steps =
        vec![step("owners", &["bob", "carol"], 1), step("leads", &["carol", "dave"], 1)];
    vec![owners(1), owners(2), people(two_steps), Approval::Rule, break_glass()]
}

/// Grants of every kind.
pub(crate) fn grants() -> Vec<Grant> {
    let on = || Principal::User("ann".parse().unwrap());
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let policy = PolicyDocument::from_json(policy).unwrap();
    let managed = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
    let inline = Grant::InlinePolicy { on: on(), policy };
    vec![
        inline,
        Grant::ManagedPolicy { on: on(), policy: managed },
        session(HERE),
        session(ELSEWHERE),
    ]
}

/// Our account, and another one.
pub(crate) const HERE: &str = "123456789012";
pub(crate) const ELSEWHERE: &str = "210987654321";

/// A grant of sessions of a role in this account.
pub(crate) fn session(account: &str) -> Grant {
    let role = format!("arn:aws:iam::{account}:role/deploy").parse().unwrap();
    Grant::Session {
        role,
        here: account == HERE,
        external_id: None,
        policy: None,
        policies: BTreeSet::new(),
    }
}

/// Terms of Ann's for an hour.
pub(crate) fn terms(approval: Approval) -> Terms {
    Terms {
        entitlement: "orders-read".parse().unwrap(),
        title: "Read orders".to_owned(),
        requester: person("ann"),
        reason: "incident 4711".parse().unwrap(),
        duration: "1h".parse().unwrap(),
        tags: BTreeSet::new(),
        ticket: None,
        starts_at: None,
        extends: None,
        approval,
        sign_in: false,
        lasting: None,
        call: call(),
        basis: basis(),
        grant: grants().swap_remove(0),
        unique_id: None,
    }
}

pub(crate) fn opened(terms: Terms) -> (Request, Vec<Entry>) {
    Request::open(&RequestId::from_random([1; 10]), terms, start()).unwrap()
}

pub(crate) fn pending(quorum: usize) -> Request {
    opened(terms(owners(quorum))).0
}

pub(crate) fn decide(name: &str, verdict: Verdict, shown: Shown) -> Command {
    decide_by_way_of(Channel::Api, name, verdict, shown)
}

pub(crate) fn decide_by_way_of(
    channel: Channel,
    name: &str,
    verdict: Verdict,
    shown: Shown,
) -> Command {
    let (by, reason) = (person(name), "seen".parse().unwrap());
    let (call, basis) = (call(), basis());
    let answer = Statement { by, reason, channel, call, basis };
    Command::Decide { verdict, answer, shown }
}

pub(crate) fn revoke(name: &str) -> Command {
    let (by, reason) = (person(name), "done early".parse().unwrap());
    let (call, basis) = (call(), basis());
    Command::Revoke(Statement { by, reason, channel: Channel::Api, call, basis })
}

pub(crate) fn shown(request: &Request) -> Shown {
    Shown { digest: request.terms().grant.digest(), version: request.version() }
}
