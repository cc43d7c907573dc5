//! Ann, who asks; Bob and Carol, who may approve; and the time.

use domain::{Answer, Chain, Channel, Command, Person, Request, RequestId, Shown, Verdict};
use jiff::{SignedDuration, Timestamp};
use rules::{Asking, RuleSet, Sources};
use service::{
    Error, Submission, answer, ask,
    memory::World,
    ports::{IdempotencyKey, Store},
};

pub(crate) const ARN: &str = "arn:aws:iam::000000000000:user/ann";

pub(crate) fn rules(approvers: &str) -> RuleSet {
    rules_with(approvers, 1)
}

pub(crate) fn rules_with(approvers: &str, quorum: usize) -> RuleSet {
    let person = |name: &str| {
        format!(
            "[[person]]\nmail = \"{name}@example.com\"\nname = \"{name}\"\n\
             arns = [\"arn:aws:iam::000000000000:user/{name}\"]\n"
        )
    };
    let sources = Sources {
        people: ["ann", "bob", "carol"].map(person).concat(),
        entitlements: format!(
            "[[entitlement]]\nid = \"orders-read\"\ntitle = \"Read orders\"\n\
             requesters = [\"ann@example.com\"]\napprovers = [{approvers}]\n\
             quorum = {quorum}\nmax_duration = \"1h\"\ndecide_within = \"2h\"\n\
             grant = {{ kind = \"inline_policy\", policy = \"policies/p.json\" }}\n"
        ),
        policies: [(
            "policies/p.json".to_owned(),
            r#"{"Version":"2012-10-17","Statement":[
                {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#
                .to_owned(),
        )]
        .into(),
    };
    sources.check().unwrap()
}

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
    let submission = Submission {
        caller: ARN.parse().unwrap(),
        asking: Asking {
            entitlement: "orders-read".parse().unwrap(),
            duration: "1h".parse().unwrap(),
            reason: "incident 4711".parse().unwrap(),
        },
        key,
        id: id(),
    };
    ask(world, world, submission, at(0)).await.map(|(request, _)| request)
}

pub(crate) async fn answers(world: &World, name: &str, verdict: Verdict) -> Result<Request, Error> {
    let request = world.load(&id()).await?.ok_or(Error::NotFound)?;
    let shown = Shown { digest: request.ask().grant.digest(), version: request.version() };
    let by = person(name);
    let reason = "seen".parse().unwrap();
    let answer_of = Answer { by: by.clone(), reason, channel: Channel::Link };
    let command = Command::Decide { verdict, answer: answer_of, shown };
    answer(world, world, &id(), (&by, command), at(1)).await
}

pub(crate) async fn timeline(world: &World) -> String {
    let (_, history) = world.history(&id()).await.unwrap().unwrap();
    let chain =
        history.iter().try_fold(Chain::START, |chain, e| chain.follow(&e.to_line().parse()?));
    assert_eq!(chain.unwrap().seq, history.len() as u64, "law 18: no gaps");
    history.iter().map(|entry| entry.event.kind()).collect::<Vec<_>>().join(" ")
}
