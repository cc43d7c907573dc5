//! More work is due than the minute job can do, or due rows are no requests.

use std::{cell::Cell, collections::BTreeSet};

use domain::{
    grant::{Attachment, AttachmentState, PolicyArn, Principal},
    request::{Request, Status},
    value::RequestId,
};
use rules::judge::RequestDraft;
use service::{
    ports::{Attachments, Committed, Store},
    submit,
};
use testing::World;

use crate::company::{approves, asks, at, draft, id, submission, world};

/// Ann's access is open and over in an hour. This many forged requests wait to be opened, since
/// before her end.
async fn flooded(many: u32) -> World {
    let world = world();
    asks(&world, "ann", "orders-read", 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    world.worker().settle(&id(1), at(0)).await.unwrap();
    let asked = asks(&world, "mallory", "orders-read", 2).await;
    approves(&world, "bob", &id(2)).await.unwrap();
    let (waiting, _) = world.history(&id(2)).await.unwrap().unwrap();
    assert_eq!(asked.id(), waiting.id());
    for number in 0..many {
        let mut bytes = [0xff; 10];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        let mut copy = serde_json::to_value(&waiting).unwrap();
        copy["id"] = serde_json::json!(RequestId::from_random(bytes));
        world.forge(serde_json::from_value(copy).unwrap(), Vec::new());
    }
    world
}

#[tokio::test]
async fn a_flood_of_openings_keeps_nothing_from_being_closed() {
    let world = flooded(2_000).await;
    assert_eq!(world.policies().len(), 1);
    // The time is up after one round.
    let rounds = Cell::new(0);
    let is_time_up = || rounds.replace(rounds.get() + 1) > 0;
    let swept = world.worker().sweep(at(61), is_time_up).await;
    assert!(world.policies().is_empty(), "what is over is closed first");
    assert_eq!(swept.settled, [id(1)]);
    assert!(swept.left > 0, "and it is told that more waits");
    assert!(swept.waits_since.is_some());
}

#[tokio::test]
async fn however_many_there_are_all_are_looked_at_and_failures_are_counted() {
    let world = flooded(2_000).await;
    let swept = world.worker().sweep(at(2), || false).await;
    assert_eq!((swept.not_settled, swept.left), (2_000, 0));
    assert_eq!(swept.failed.len(), 1_000, "so many are named");
    assert_eq!(swept.waits_since, None, "what nothing proves does not wait to be closed");
    assert!(swept.settled.contains(&id(2)));
}

#[tokio::test]
async fn a_row_that_is_no_request_stops_no_sweep_and_is_named() {
    let world = flooded(0).await;
    world.write_strange_row("MAIL#\u{1b}[2J");
    let swept = world.worker().sweep(at(61), || false).await;
    assert!(world.policies().is_empty());
    assert_eq!(swept.unread, ["MAIL#\u{1b}[2J"]);
}

#[tokio::test]
async fn a_request_that_cannot_be_read_hides_no_other_and_nothing_of_it_is_taken_for_left_over() {
    let world = flooded(0).await;
    world.worker().settle(&id(2), at(1)).await.unwrap();
    assert_eq!(world.policies().len(), 2);
    world.spoil(&id(2));
    let mode = service::Mode::Repair(domain::history::Actor::System);
    let found = world.worker().reconcile(mode, at(2)).await.unwrap();
    assert!(found.found.is_empty(), "{found:?}");
    assert_eq!(world.policies().len(), 2);
    let swept = world.worker().sweep(at(61), || false).await;
    assert_eq!((swept.settled, swept.not_settled), (vec![id(1)], 1));
}

#[tokio::test]
async fn ten_thousand_asks_for_the_same_second_are_ten() {
    let world = world();
    let fixed = RequestDraft { starts_at: Some(at(60)), ..draft("orders-read") };
    let mut on_record = BTreeSet::new();
    for number in 0..10_000_u32 {
        let mut bytes = [7; 10];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        let one = submission("mallory", fixed.clone(), 1, 0);
        let one = service::Submission { id: RequestId::from_random(bytes), ..one };
        if let Ok((request, _)) = submit(&world, &world, &world, one).await {
            on_record.insert(request.id().clone());
        }
    }
    assert_eq!(on_record.len(), domain::request::MAX_FOR_ENTITLEMENT);
    let pending = |request: &Request| request.status() == Status::Pending;
    assert!(world.requests().iter().all(pending));
}

#[tokio::test]
async fn fifty_policies_that_cannot_be_taken_away_keep_no_other_from_being_taken() {
    let world = world();
    let policy: PolicyArn = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
    let users: Vec<_> = (0..50).map(|n| format!("mallory-{n:02}")).collect();
    for user in users.iter().map(String::as_str).chain(["zoe"]) {
        let on = Principal::User(user.parse().unwrap());
        let state = AttachmentState::Released { at: at(0), preexisting: false, checked: false };
        let (principal, policy) = (on.clone(), policy.clone());
        let attachment = Attachment { principal, policy, version: 1, state };
        assert_eq!(world.record_attachment(&attachment).await.unwrap(), Committed::Done);
        world.attach_by_hand(user, &attachment.policy);
        if user != "zoe" {
            world.forbid(&on);
        }
    }
    let mut drift = 0;
    for minute in [6, 7] {
        drift += world.worker().check_detached(at(minute)).await.map_or(1, |found| found.len());
    }
    assert!(drift > 0, "it is told");
    let left = world.attached_policies();
    assert_eq!(left.len(), 50, "a late call of ours put it back: {left:?}");
    assert!(!left.iter().any(|one| one.contains("zoe")), "{left:?}");
}
