//! Asking and deciding, by the record and the rules in force.

use domain::{Answer, Channel, Command, Digest, RequestId, Shown, Verdict};
use rules::RuleSet;
use service::{
    Error, Link, LinkToken, follow,
    memory::World,
    order,
    ports::{Committed, IdempotencyKey, Links, Store},
};

use crate::people::{
    ARN, ann_asks, ann_asks_with, answers, at, id, person, rules, rules_with, timeline, world,
};

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
    let used = key("body").unwrap();
    let remembered = async |minutes| world.earlier_use(&used, at(minutes)).await.unwrap().is_some();
    assert!(remembered(24 * 60).await && !remembered(24 * 60 + 1).await, "for a day");
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
    assert_eq!(outcome, Committed::Lost);
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
