//! Ann, who asks; Bob and Carol, who may approve; and the time.

use domain::{
    history::Chain,
    request::{Channel, Request, Shown, Verdict},
    value::{CallContext, Person, Reason, RequestId},
};
use jiff::{SignedDuration, Timestamp};
use rules::{
    directory::{Caller, SignedCaller},
    judge::{RequestDraft, Urgency},
    source::{RuleSet, Sources},
};
use service::{
    Error, Reply, StatementDraft, Submission, Swept, answer,
    ports::{IdempotencyKey, Rulebook, Snapshot, Store},
    revoke, submit,
};
use testing::World;

pub(crate) const ARN: &str = "arn:aws:iam::000000000000:user/ann";

pub(crate) fn rules(approvers: &str) -> RuleSet {
    rules_with(approvers, 1)
}

pub(crate) fn rules_with(approvers: &str, quorum: usize) -> RuleSet {
    sources(approvers, quorum).check().unwrap()
}

/// Rules by which Ann may ask and break glass. A request for at most a minute needs no approver.
pub(crate) fn sources(approvers: &str, quorum: usize) -> Sources {
    let person = |name: &str| {
        format!(
            "[[person]]\nmail = \"{name}@example.com\"\nname = \"{name}\"\n\
             arns = [\"arn:aws:iam::000000000000:user/{name}\"]\n"
        )
    };
    let entitlements = format!(
        "[[entitlement]]\nid = \"orders-read\"\ntitle = \"Read orders\"\n\
         requesters = [\"ann@example.com\"]\napprovers = [{approvers}]\n\
         quorum = {quorum}\nmax_duration = \"1h\"\ndecide_within = \"2h\"\n\
         break_glass = {{ review_within = \"3h\" }}\n\
         grant = {{ kind = \"inline_policy\", policy = \"policies/p.json\" }}\n\
         {MORE}"
    );
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let cedar = r#"
        @id("minute") permit (principal, action == Action::"autoApprove", resource)
        when { context.duration <= 60 };
        @id("glass") permit (principal, action == Action::"breakGlass", resource)
        when { resource.requesters.people.contains(principal) };"#;
    Sources::from_iter([
        ("people.toml", ["ann", "bob", "carol"].map(person).concat().as_str()),
        ("entitlements.toml", &entitlements),
        ("policies/p.json", policy),
        ("own.cedar", cedar),
    ])
}

/// Entitlements of the other kinds of grant. Ann asks, Bob decides.
const MORE: &str = r#"
[[entitlement]]
id = "read-all"
title = "Read everything"
requesters = ["ann@example.com"]
approvers = ["bob@example.com"]
max_duration = "1h"
decide_within = "2h"
grant = { kind = "managed_policy", policy = "arn:aws:iam::aws:policy/ReadOnlyAccess" }

[[entitlement]]
id = "deploy"
title = "Deploy"
requesters = ["ann@example.com"]
approvers = ["bob@example.com"]
max_duration = "1h"
decide_within = "2h"
grant = { kind = "session", role = "arn:aws:iam::000000000000:role/deploy" }
"#;

pub(crate) fn world() -> World {
    World::with_rules(rules("\"bob@example.com\", \"carol@example.com\""))
}

pub(crate) fn id() -> RequestId {
    RequestId::from_random([1; 10])
}

pub(crate) fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-05-04T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

pub(crate) fn person(name: &str) -> Person {
    format!("{name}@example.com").parse().unwrap()
}

pub(crate) async fn ann_asks(world: &World) -> Result<Request, Error> {
    ann_asks_with(world, None).await
}

pub(crate) async fn ann_asks_with(
    world: &World,
    key: Option<IdempotencyKey>,
) -> Result<Request, Error> {
    submits(world, draft("1h"), key).await
}

/// A draft of Ann's for this duration.
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

pub(crate) async fn submits(
    world: &World,
    draft: RequestDraft,
    key: Option<IdempotencyKey>,
) -> Result<Request, Error> {
    let caller = ann();
    let submission = Submission {
        caller,
        account: None,
        draft,
        call: call(0),
        key,
        authenticated: None,
        id: id(),
    };
    submit(world, world, world, submission).await.map(|(request, _)| request)
}

pub(crate) fn ann() -> Caller {
    Caller::Aws(SignedCaller::new(ARN.parse().unwrap(), None))
}

pub(crate) fn call(minutes: i64) -> CallContext {
    CallContext { at: at(minutes), source_ip: None, mfa: false }
}

/// A person's decision on a request as it stands, one minute after it was submitted.
pub(crate) fn says(request: &Request, name: &str, verdict: Verdict) -> Reply {
    let shown = Shown { digest: request.terms().grant.digest(), version: request.version() };
    let reason: Reason = "seen and thought about".parse().unwrap();
    let (by, channel, call) = (person(name), Channel::Link, call(1));
    Reply { verdict, shown, statement: StatementDraft { by, reason, channel, call } }
}

/// Revokes the request in the name of this person, two minutes after it was submitted.
pub(crate) async fn revokes(world: &World, name: &str) -> Result<Request, Error> {
    revokes_under(world, world, name, &id()).await
}

pub(crate) async fn revokes_that(
    world: &World,
    name: &str,
    id: &RequestId,
) -> Result<Request, Error> {
    revokes_under(world, world, name, id).await
}

/// Like `revokes`, for any request and with the rules of another world.
pub(crate) async fn revokes_under(
    store: &World,
    rulebook: &World,
    name: &str,
    id: &RequestId,
) -> Result<Request, Error> {
    let reason = "done early".parse().unwrap();
    let (by, channel, call) = (person(name), Channel::Api, call(2));
    let order = StatementDraft { by, reason, channel, call };
    let request = store.load(id).await?.ok_or(Error::NotFound)?;
    revoke(store, rulebook, request, &order).await
}

/// Submits a request for this entitlement, with an id made of this number, and lets Bob approve
/// it. It is about to open.
pub(crate) async fn approved(world: &World, entitlement: &str, number: u8) -> RequestId {
    let (caller, id) = (ann(), RequestId::from_random([number; 10]));
    let draft = RequestDraft { entitlement: entitlement.parse().unwrap(), ..draft("1h") };
    let submission = Submission {
        caller,
        account: None,
        draft,
        call: call(0),
        key: None,
        authenticated: None,
        id,
    };
    let (request, _) = submit(world, world, world, submission).await.unwrap();
    let id = request.id().clone();
    let reply = says(&request, "bob", Verdict::Approve);
    answer(world, world, seen(world, request).await, &reply).await.unwrap();
    id
}

/// A snapshot of a request and the rules in force.
pub(crate) async fn seen(world: &World, request: Request) -> Snapshot {
    Snapshot { request, rules: world.in_force().await.unwrap() }
}

/// The requests that a sweep has settled.
pub(crate) fn settled(swept: &Swept) -> Vec<RequestId> {
    swept.settled.clone()
}

pub(crate) async fn answers(world: &World, name: &str, verdict: Verdict) -> Result<Request, Error> {
    let read = world.snapshot(&id()).await?.ok_or(Error::NotFound)?;
    let reply = says(&read.request, name, verdict);
    answer(world, world, read, &reply).await
}

pub(crate) async fn timeline(world: &World) -> String {
    timeline_of(world, &id()).await
}

pub(crate) async fn timeline_of(world: &World, id: &RequestId) -> String {
    let (_, history) = world.history(id).await.unwrap().unwrap();
    let chain =
        history.iter().try_fold(Chain::START, |chain, e| chain.follow(&e.to_line().parse()?));
    assert_eq!(chain.unwrap().seq, history.len() as u64, "law 18: no gaps");
    history.iter().map(|entry| entry.event.kind()).collect::<Vec<_>>().join(" ")
}
