//! The stories in memory: instant, and cut short at every step.

#![expect(clippy::unwrap_used, reason = "tests")]

use domain::{
    Answer, Chain, Channel, Command, Digest, Grant, Person, Request, RequestId, Shown, Status,
    Verdict, Window,
};
use jiff::{SignedDuration, Timestamp};
use rules::{Asking, RuleSet, Sources};
use service::{
    Error, Fault, Link, LinkToken, Submission, answer, ask, follow,
    memory::{Cut, World},
    order,
    ports::{Ensured, Grants, IdempotencyKey, Links, Store},
    settle, sweep,
};

const ARN: &str = "arn:aws:iam::000000000000:user/ann";

fn rules(approvers: &str) -> RuleSet {
    rules_with(approvers, 1)
}

fn rules_with(approvers: &str, quorum: usize) -> RuleSet {
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

fn world() -> World {
    World::with_rules(rules("\"bob@example.com\", \"carol@example.com\""))
}

fn id() -> RequestId {
    RequestId::from_random([1; 10])
}

fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-05-04T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn person(name: &str) -> Person {
    format!("{name}@example.com").parse().unwrap()
}

async fn ann_asks(world: &World) -> Result<Request, Error> {
    ann_asks_with(world, None).await
}

async fn ann_asks_with(world: &World, key: Option<IdempotencyKey>) -> Result<Request, Error> {
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

async fn answers(world: &World, name: &str, verdict: Verdict) -> Result<Request, Error> {
    let request = world.load(&id()).await?.ok_or(Error::NotFound)?;
    let shown = Shown { digest: request.ask().grant.digest(), version: request.version() };
    let by = person(name);
    let reason = "seen".parse().unwrap();
    let answer_of = Answer { by: by.clone(), reason, channel: Channel::Link };
    let command = Command::Decide { verdict, answer: answer_of, shown };
    answer(world, world, &id(), (&by, command), at(1)).await
}

async fn timeline(world: &World) -> String {
    let (_, history) = world.history(&id()).await.unwrap().unwrap();
    let chain =
        history.iter().try_fold(Chain::START, |chain, e| chain.follow(&e.to_line().parse()?));
    assert_eq!(chain.unwrap().seq, history.len() as u64, "law 18: no gaps");
    history.iter().map(|entry| entry.event.kind()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_whole_life_is_five_events_and_leaves_nothing_in_iam() {
    let world = world();
    ann_asks(&world).await.unwrap();
    assert_eq!(
        answers(&world, "bob", Verdict::Approve).await.unwrap().status(),
        Status::Activating
    );
    assert!(world.policies().is_empty(), "law 2: approving touches no IAM");

    settle(&world, &world, &id(), at(1)).await.unwrap();
    let policies = world.policies();
    assert_eq!(policies[0].0, format!("ann/portcullis-{}-1777892460", id()));
    assert!(
        policies[0].1.contains("\"DateLessThan\":{\"aws:CurrentTime\":\"2026-05-04T11:01:00Z\"}")
    );

    assert!(sweep(&world, &world, at(60)).await.unwrap().settled.is_empty(), "not due yet");
    assert_eq!(sweep(&world, &world, at(61)).await.unwrap().settled, [id()]);
    assert!(world.policies().is_empty());
    assert_eq!(timeline(&world).await, "asked approved activating activated ended");
    assert!(sweep(&world, &world, at(90)).await.unwrap().settled.is_empty(), "terminal is not due");
}

#[tokio::test]
async fn cut_short_at_any_step_the_next_sweeps_reach_the_same_end() {
    for cut_at in [Cut::Before as fn(usize) -> Cut, Cut::After] {
        let mut cuts = 0;
        for steps in 0.. {
            if cut_short(cut_at(steps)).await {
                break;
            }
            cuts += 1;
        }
        assert!(cuts > 10, "the story has more steps than {cuts}");
    }
}

/// Plays a life that is cut short, then lets people try again and sweeps pass.
/// Whether the cut came after the end of the story.
async fn cut_short(cut: Cut) -> bool {
    let world = world();
    world.cut(Some(cut));
    let mut whole = ann_asks(&world).await.is_ok();
    whole &= answers(&world, "bob", Verdict::Approve).await.is_ok();
    whole &= settle(&world, &world, &id(), at(1)).await.is_ok();
    whole &= sweep(&world, &world, at(61)).await.is_ok_and(|swept| swept.failed.is_empty());
    world.cut(None);

    let intended = world.load(&id()).await.unwrap().is_some_and(|r| r.window().is_some());
    assert!(world.policies().is_empty() || intended, "law 2: in IAM without an intent: {cut:?}");
    if world.load(&id()).await.unwrap().is_none() {
        ann_asks(&world).await.unwrap();
    }
    _ = answers(&world, "bob", Verdict::Approve).await;
    sweep(&world, &world, at(2)).await.unwrap();
    sweep(&world, &world, at(62)).await.unwrap();
    assert!(world.policies().is_empty(), "law 4: something was left behind: {cut:?}");
    assert_eq!(timeline(&world).await, "asked approved activating activated ended", "{cut:?}");
    whole
}

#[tokio::test]
async fn what_reaches_iam_after_the_request_was_closed_is_taken_back() {
    let world = Slow(world());
    ann_asks(&world.0).await.unwrap();
    answers(&world.0, "bob", Verdict::Approve).await.unwrap();
    // While the put is on its way, its window passes and a sweep closes the request.
    settle(&world.0, &world, &id(), at(1)).await.unwrap();
    assert_eq!(timeline(&world.0).await, "asked approved activating failed");
    assert!(world.0.policies().is_empty(), "law 4: the late put was left behind");
}

/// A world whose calls to open arrive an hour late.
struct Slow(World);

impl Grants for Slow {
    async fn ensure(
        &self,
        id: &RequestId,
        grant: &Grant,
        window: Window,
    ) -> Result<Ensured, Fault> {
        sweep(&self.0, &self.0, at(61)).await?;
        self.0.ensure(id, grant, window).await
    }

    async fn ensure_gone(
        &self,
        id: &RequestId,
        grant: &Grant,
        window: Window,
    ) -> Result<(), Fault> {
        self.0.ensure_gone(id, grant, window).await
    }
}

#[tokio::test]
async fn time_never_runs_backwards_in_a_history() {
    let world = world();
    ann_asks(&world).await.unwrap();
    // Bob's machine is a quarter of an hour behind.
    let early = at(-15);
    let request = world.load(&id()).await.unwrap().unwrap();
    let shown = Shown { digest: request.ask().grant.digest(), version: 1 };
    let (by, reason) = (person("bob"), "seen".parse().unwrap());
    let answer = Answer { by, reason, channel: Channel::Api };
    let deny = Command::Decide { verdict: Verdict::Deny, answer, shown };
    order(&world, &id(), deny, early).await.unwrap();
    let (_, history) = world.history(&id()).await.unwrap().unwrap();
    assert!(history.is_sorted_by_key(|entry| entry.at), "{history:?}");
}

#[tokio::test]
async fn doing_everything_twice_is_doing_it_once() {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    for _ in 0..2 {
        settle(&world, &world, &id(), at(1)).await.unwrap();
    }
    assert_eq!(world.policies().len(), 1);
    for _ in 0..2 {
        settle(&world, &world, &id(), at(61)).await.unwrap();
        sweep(&world, &world, at(61)).await.unwrap();
    }
    assert_eq!(timeline(&world).await, "asked approved activating activated ended");
}

#[tokio::test]
async fn a_delivery_that_comes_after_the_end_opens_nothing() {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    settle(&world, &world, &id(), at(61)).await.unwrap();
    assert!(world.policies().is_empty());
    assert_eq!(timeline(&world).await, "asked approved activating failed");
}

#[tokio::test]
async fn what_was_there_before_is_still_there_afterwards() {
    let world = world();
    world.put_policy("ann", "use-portcullis", "{}");
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    settle(&world, &world, &id(), at(1)).await.unwrap();
    sweep(&world, &world, at(61)).await.unwrap();
    assert_eq!(world.policies(), [("ann/use-portcullis".to_owned(), "{}".to_owned())]);
}

#[tokio::test]
async fn a_user_that_is_gone_fails_the_request() {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.remove_user("ann");
    settle(&world, &world, &id(), at(1)).await.unwrap();
    assert_eq!(timeline(&world).await, "asked approved activating failed");
}

#[tokio::test]
async fn one_request_that_cannot_be_settled_keeps_no_other_from_closing() {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    settle(&world, &world, &id(), at(1)).await.unwrap();
    // Enough steps to look and to load, not enough to close.
    world.cut(Some(Cut::Before(2)));
    let swept = sweep(&world, &world, at(61)).await.unwrap();
    assert_eq!((swept.settled.len(), swept.failed.len()), (0, 1));
    world.cut(None);
    assert_eq!(sweep(&world, &world, at(62)).await.unwrap().settled, [id()]);
}

#[tokio::test]
async fn an_approver_who_lost_the_right_does_not_decide() {
    let world = world();
    ann_asks(&world).await.unwrap();
    world.publish(rules("\"carol@example.com\""));
    let refused = answers(&world, "bob", Verdict::Approve).await.unwrap_err();
    let Error::Denied(reasons) = refused else { unreachable!("{refused:?}") };
    assert_eq!(
        reasons[0].to_string(),
        "bob@example.com is not an approver of `orders-read` any more"
    );
    assert_eq!(timeline(&world).await, "asked");
    assert!(answers(&world, "carol", Verdict::Approve).await.is_ok());
}

#[tokio::test]
async fn a_yes_of_somebody_who_lost_the_right_since_does_not_count() {
    let world = World::with_rules(rules_with("\"bob@example.com\", \"carol@example.com\"", 2));
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.publish(rules("\"carol@example.com\""));
    assert!(matches!(answers(&world, "carol", Verdict::Approve).await, Err(Error::Denied(_))));
    assert_eq!(timeline(&world).await, "asked approved", "one of two, and one too few");
}

#[tokio::test]
async fn a_repeat_is_the_same_request_also_when_it_could_not_be_asked_any_more() {
    let world = world();
    let key = |body: &str| {
        let (caller, body) = (ARN.parse().unwrap(), Digest::of("test", &body));
        Some(IdempotencyKey { caller, key: "k".to_owned(), body })
    };
    let first = ann_asks_with(&world, key("body")).await.unwrap();
    world.publish(RuleSet { entitlements: [].into(), ..rules("\"bob@example.com\"") });
    assert_eq!(ann_asks_with(&world, key("body")).await.unwrap().id(), first.id());
    assert!(matches!(ann_asks_with(&world, key("other")).await, Err(Error::KeyReused)));
    assert!(matches!(ann_asks(&world).await, Err(Error::Denied(_))));
}

#[tokio::test]
async fn a_stale_commit_is_lost_and_decided_again() {
    let world = world();
    let asked = ann_asks(&world).await.unwrap();
    let (denied, entries) = {
        let (by, reason) = (person("carol"), "no".parse().unwrap());
        let shown = Shown { digest: asked.ask().grant.digest(), version: 1 };
        let answer = Answer { by, reason, channel: Channel::Api };
        let deny = Command::Decide { verdict: Verdict::Deny, answer, shown };
        asked.clone().after(deny, at(1)).unwrap()
    };
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    let outcome = world.commit(asked.version(), &denied, &entries).await.unwrap();
    assert_eq!(outcome, service::ports::Committed::Lost);
    assert_eq!(timeline(&world).await, "asked approved activating");
    let late = order(&world, &id(), Command::Cancel { by: person("ann") }, at(1)).await;
    assert!(matches!(late, Err(Error::Refused(_))), "{late:?}");
}

#[tokio::test]
async fn a_link_of_one_request_does_not_open_another_and_ends_with_its_deadline() {
    let world = world();
    ann_asks(&world).await.unwrap();
    let token = LinkToken::from_random(id(), [7; 32]);
    let record = async |request: RequestId| {
        let (approver, expires_at) = (person("bob"), at(120));
        let link = Link { digest: token.digest(), request, approver, expires_at };
        world.record(&link).await.unwrap();
    };
    record(RequestId::from_random([2; 10])).await;
    assert_eq!(follow(&world, &token, at(1)).await.unwrap(), None, "it is about another request");
    record(id()).await;
    assert!(follow(&world, &token, at(119)).await.unwrap().is_some());
    assert_eq!(follow(&world, &token, at(120)).await.unwrap(), None, "over at its end");
}

#[tokio::test]
async fn without_published_rules_nobody_asks() {
    let nothing = World::default();
    assert!(matches!(ann_asks(&nothing).await, Err(Error::Fault(_))));
    assert!(nothing.requests().is_empty());
}
