//! The company that is attacked. Ann asks. Bob and Carol may approve. Mallory is an engineer as
//! well, and has taken something over.

use domain::{
    request::{Channel, Command, Entry, Request, Shown, Verdict},
    value::{CallContext, Person, Reason, RequestId},
};
use jiff::{SignedDuration, Timestamp};
use rules::{
    directory::{Caller, SignedCaller},
    judge::{RequestDraft, Urgency},
    source::{RuleSet, Sources},
};
use service::{
    Credentials, Error, MintOrder, Reply, StatementDraft, Submission, answer, mint,
    ports::{Rulebook, Store},
    submit,
};
use testing::World;

const PEOPLE: [&str; 4] = ["ann", "bob", "carol", "mallory"];

pub(crate) fn rules() -> RuleSet {
    sources("").check().unwrap()
}

/// The rules, with additional Cedar policies.
pub(crate) fn sources(cedar: &str) -> Sources {
    let person = |name: &str| {
        format!(
            "[[person]]\nmail = \"{name}@example.com\"\nname = \"{name}\"\n\
             arns = [\"arn:aws:iam::000000000000:user/{name}\"]\n"
        )
    };
    let entry = |id: &str, grant: &str| {
        format!(
            "[[entitlement]]\nid = \"{id}\"\ntitle = \"{id}\"\n\
             requesters = [\"ann@example.com\", \"mallory@example.com\"]\n\
             approvers = [\"bob@example.com\", \"carol@example.com\"]\n\
             max_duration = \"1h\"\nmax_ahead = \"24h\"\ndecide_within = \"2h\"\n\
             break_glass = {{ review_within = \"3h\" }}\ngrant = {grant}\n"
        )
    };
    let entitlements = [
        entry("orders-read", r#"{ kind = "inline_policy", policy = "policies/orders.json" }"#),
        entry(
            "read-all",
            r#"{ kind = "managed_policy", policy = "arn:aws:iam::aws:policy/ReadOnlyAccess" }"#,
        ),
        entry(
            "deploy",
            "{ kind = \"session\", role = \"arn:aws:iam::000000000000:role/deploy\" }\n\
             lasting = \"what is deployed is meant to stay\"",
        ),
    ];
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}]}"#;
    let glass = r#"
        @id("glass") permit (principal, action == Action::"breakGlass", resource)
        when { resource.requesters.people.contains(principal) };"#;
    Sources::from_iter([
        ("people.toml", PEOPLE.map(person).concat().as_str()),
        ("entitlements.toml", entitlements.concat().as_str()),
        ("policies/orders.json", policy),
        ("own.cedar", format!("{glass}\n{cedar}").as_str()),
    ])
}

pub(crate) fn world() -> World {
    World::with_rules(rules())
}

pub(crate) fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-05-04T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

pub(crate) fn call(minutes: i64) -> CallContext {
    CallContext { at: at(minutes), source_ip: None, mfa: false }
}

pub(crate) fn person(name: &str) -> Person {
    format!("{name}@example.com").parse().unwrap()
}

pub(crate) fn id(number: u8) -> RequestId {
    RequestId::from_random([number; 10])
}

/// A draft: one hour of this entitlement, at once.
pub(crate) fn draft(entitlement: &str) -> RequestDraft {
    RequestDraft {
        entitlement: entitlement.parse().unwrap(),
        duration: "1h".parse().unwrap(),
        reason: "incident 4711".parse().unwrap(),
        ticket: None,
        starts_at: None,
        extends: None,
        urgency: Urgency::Usual,
    }
}

pub(crate) fn submission(name: &str, draft: RequestDraft, number: u8, minutes: i64) -> Submission {
    let arn = format!("arn:aws:iam::000000000000:user/{name}");
    Submission {
        caller: Caller::Aws(SignedCaller::new(arn.parse().unwrap(), None)),
        account: None,
        draft,
        call: call(minutes),
        key: None,
        authenticated: None,
        id: id(number),
    }
}

pub(crate) async fn asks(world: &World, name: &str, entitlement: &str, number: u8) -> Request {
    let submission = submission(name, draft(entitlement), number, 0);
    submit(world, world, world, submission).await.unwrap().0
}

/// A person approves a request in its present state.
pub(crate) async fn approves(world: &World, name: &str, id: &RequestId) -> Result<Request, Error> {
    let read = world.snapshot(id).await?.ok_or(Error::NotFound)?;
    let shown =
        Shown { digest: read.request.terms().grant.digest(), version: read.request.version() };
    let reason: Reason = "seen and thought about".parse().unwrap();
    let (by, verdict, channel) = (person(name), Verdict::Approve, Channel::Api);
    let reply =
        Reply { verdict, shown, statement: StatementDraft { by, reason, channel, call: call(0) } };
    answer(world, world, read, &reply).await
}

/// A person asks for the credentials of a session.
pub(crate) async fn mints(
    world: &World,
    name: &str,
    id: &RequestId,
    minutes: i64,
) -> Result<Credentials, Error> {
    let rules = world.current().await?;
    let order = MintOrder { by: &person(name), call: call(minutes) };
    mint(world, world, &rules, id, &order).await
}

/// The history that a request would have after these commands. It is not stored. An attacker who
/// knows all of our code can write such a history.
pub(crate) fn imagined(request: Request, commands: &[Command], now: Timestamp) -> Vec<Entry> {
    let mut request = request;
    let mut history = Vec::new();
    for command in commands {
        let (after, entries) = request.after(command.clone(), now).unwrap();
        history.extend(entries);
        request = after;
    }
    history
}

/// The events on record of a request, as one word each.
pub(crate) async fn timeline(world: &World, id: &RequestId) -> String {
    let (_, history) = world.history(id).await.unwrap().unwrap();
    history.iter().map(|entry| entry.event.kind()).collect::<Vec<_>>().join(" ")
}

/// A copy of the stored request, with another value at this place.
pub(crate) fn overwritten(request: &Request, place: &str, value: serde_json::Value) -> Request {
    let mut stored = serde_json::to_value(request).unwrap();
    *stored.pointer_mut(place).unwrap() = value;
    serde_json::from_value(stored).unwrap()
}
