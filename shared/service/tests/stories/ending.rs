//! Open access is closed, whatever is cut short, doubled or late.

use domain::request::{Cause, Request, Status, Verdict};
use service::{Error, Worker, ports::Store};
use testing::{Cut, Interrupted, World};

use crate::people::{ann_asks, answers, at, id, revokes, revokes_under, settled, timeline, world};

#[tokio::test]
async fn a_whole_life_is_six_events_and_leaves_nothing_in_iam() {
    let world = world();
    ann_asks(&world).await.unwrap();
    assert_eq!(
        answers(&world, "bob", Verdict::Approve).await.unwrap().status(),
        Status::Activating
    );
    assert!(world.policies().is_empty(), "law 2: approving touches no IAM");

    world.worker().settle(&id(), at(1)).await.unwrap();
    let policies = world.policies();
    assert_eq!(policies[0].0, format!("ann/portcullis-526e52fc-{}-1777892460", id()));
    assert!(
        policies[0].1.contains("\"DateLessThan\":{\"aws:CurrentTime\":\"2026-05-04T11:01:00Z\"}")
    );

    assert!(world.worker().sweep(at(50), || false).await.settled.is_empty(), "not due yet");
    assert_eq!(settled(&world.worker().sweep(at(51), || false).await), [id()]);
    assert_eq!(world.policies(), policies, "its end is near, and that is all");
    assert_eq!(settled(&world.worker().sweep(at(61), || false).await), [id()]);
    assert!(world.policies().is_empty());
    assert_eq!(timeline(&world).await, "asked approved activating activated closing ended");
    assert!(world.worker().sweep(at(90), || false).await.settled.is_empty(), "terminal is not due");
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

/// Plays a life that is cut short, then lets people try again and sweeps run. Returns whether the
/// cut came after the end of the story.
async fn cut_short(cut: Cut) -> bool {
    let world = world();
    world.cut(Some(cut));
    let mut whole = ann_asks(&world).await.is_ok();
    whole &= answers(&world, "bob", Verdict::Approve).await.is_ok();
    whole &= world.worker().settle(&id(), at(1)).await.is_ok();
    let swept = world.worker().sweep(at(61), || false).await;
    whole &= swept.failed.is_empty() && swept.blind.is_empty();
    world.cut(None);

    let intended = world.load(&id()).await.unwrap().is_some_and(|r| r.window().is_some());
    assert!(world.policies().is_empty() || intended, "law 2: in IAM without an intent: {cut:?}");
    if world.load(&id()).await.unwrap().is_none() {
        ann_asks(&world).await.unwrap();
    }
    _ = answers(&world, "bob", Verdict::Approve).await;
    world.worker().sweep(at(2), || false).await;
    world.worker().sweep(at(62), || false).await;
    assert!(world.policies().is_empty(), "law 4: something was left behind: {cut:?}");
    assert_eq!(timeline(&world).await, "asked approved activating activated ended", "{cut:?}");
    whole
}

#[tokio::test]
async fn what_reaches_iam_after_the_request_was_closed_is_taken_back() {
    let world = &world();
    ann_asks(world).await.unwrap();
    answers(world, "bob", Verdict::Approve).await.unwrap();
    // While the call is on its way, the window passes and a sweep closes the request.
    let slow = Interrupted::by(world, async || _ = world.worker().sweep(at(61), || false).await);
    Worker { store: world, iam: &slow, rules: world }.settle(&id(), at(1)).await.unwrap();
    assert_eq!(timeline(world).await, "asked approved activating failed");
    assert!(world.policies().is_empty(), "law 4: the late put was left behind");
}

/// A world in which Ann's access was open and this person revoked it, with the answer to that.
async fn open_and_revoked_by(name: &str) -> (World, Result<Request, Error>) {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.worker().settle(&id(), at(1)).await.unwrap();
    let revoked = revokes(&world, name).await;
    (world, revoked)
}

#[tokio::test]
async fn whoever_asked_gives_it_back_and_who_approves_closes_it_and_nobody_else() {
    for name in ["ann", "bob"] {
        let (world, revoked) = open_and_revoked_by(name).await;
        assert_eq!(revoked.unwrap().status(), Status::Revoking);
        assert_eq!(world.policies().len(), 1, "law 2: the intent comes first");
        let swept = world.worker().sweep(at(2), || false).await;
        assert_eq!((settled(&swept), world.policies()), (vec![id()], Vec::new()));
        let told = "asked approved activating activated revoking revoked";
        assert_eq!(timeline(&world).await, told);
        assert!(world.worker().sweep(at(90), || false).await.settled.is_empty());
    }
    let (world, refused) = open_and_revoked_by("eve").await;
    assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    assert_eq!(timeline(&world).await, "asked approved activating activated");
}

#[tokio::test]
async fn what_was_asked_can_be_given_back_whatever_became_of_the_rules() {
    let (store, nothing) = (world(), World::default());
    ann_asks(&store).await.unwrap();
    answers(&store, "bob", Verdict::Approve).await.unwrap();
    let bobs = revokes_under(&store, &nothing, "bob", &id()).await;
    assert!(matches!(bobs, Err(Error::Fault(_))), "who may, only the rules say");
    revokes_under(&store, &nothing, "ann", &id()).await.unwrap();
    Worker { store: &store, iam: &store, rules: &nothing }.settle(&id(), at(2)).await.unwrap();
    assert_eq!(timeline(&store).await, "asked approved activating revoking revoked");
}

#[tokio::test]
async fn revoked_and_cut_short_at_any_step_nothing_is_left_behind() {
    for cut_at in [Cut::Before as fn(usize) -> Cut, Cut::After] {
        for steps in 0..12 {
            let (world, _) = open_and_revoked_by("bob").await;
            world.cut(Some(cut_at(steps)));
            _ = world.worker().settle(&id(), at(2)).await;
            world.cut(None);
            world.worker().sweep(at(3), || false).await;
            assert!(world.policies().is_empty(), "law 4");
            let told = "asked approved activating activated revoking revoked";
            assert_eq!(timeline(&world).await, told, "law 16");
        }
    }
}

#[tokio::test]
async fn what_reaches_iam_after_it_was_revoked_is_taken_back() {
    let world = &world();
    ann_asks(world).await.unwrap();
    answers(world, "bob", Verdict::Approve).await.unwrap();
    // While the call is on its way, Ann gives access back, and it is removed.
    let overtaken = Interrupted::by(world, async || {
        revokes(world, "ann").await.unwrap();
        world.worker().settle(&id(), at(2)).await.unwrap();
    });
    Worker { store: world, iam: &overtaken, rules: world }.settle(&id(), at(1)).await.unwrap();
    assert_eq!(timeline(world).await, "asked approved activating revoking revoked");
    assert!(world.policies().is_empty(), "law 4: the late put was left behind");
}

#[tokio::test]
async fn doing_everything_twice_is_doing_it_once() {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    for _ in 0..2 {
        world.worker().settle(&id(), at(1)).await.unwrap();
    }
    assert_eq!(world.policies().len(), 1);
    for _ in 0..2 {
        world.worker().settle(&id(), at(61)).await.unwrap();
        world.worker().sweep(at(61), || false).await;
    }
    assert_eq!(timeline(&world).await, "asked approved activating activated ended");
}

#[tokio::test]
async fn a_delivery_that_comes_after_the_end_opens_nothing() {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.worker().settle(&id(), at(61)).await.unwrap();
    assert!(world.policies().is_empty());
    assert_eq!(timeline(&world).await, "asked approved activating failed");
}

#[tokio::test]
async fn what_was_there_before_is_still_there_afterwards() {
    let world = world();
    world.put_by_hand("ann", "use-portcullis", "{}");
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.worker().settle(&id(), at(1)).await.unwrap();
    world.worker().sweep(at(61), || false).await;
    assert_eq!(world.policies(), [("ann/use-portcullis".to_owned(), "{}".to_owned())]);
}

#[tokio::test]
async fn a_user_that_is_gone_fails_the_request() {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.remove_user("ann");
    world.worker().settle(&id(), at(1)).await.unwrap();
    assert_eq!(timeline(&world).await, "asked approved activating failed");
}

#[tokio::test]
async fn one_request_that_cannot_be_settled_keeps_no_other_from_closing() {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.worker().settle(&id(), at(1)).await.unwrap();
    // Enough steps to find the request, not enough to close it.
    world.cut(Some(Cut::Before(2)));
    let swept = world.worker().sweep(at(61), || false).await;
    assert_eq!((swept.settled.len(), swept.failed.len()), (0, 1));
    world.cut(None);
    assert_eq!(settled(&world.worker().sweep(at(62), || false).await), [id()]);
}

#[tokio::test]
async fn what_was_put_before_it_became_impossible_is_taken_back() {
    let world = &world();
    ann_asks(world).await.unwrap();
    answers(world, "bob", Verdict::Approve).await.unwrap();
    let fickle = Interrupted::answering(world, Cause::LimitExceeded);
    Worker { store: world, iam: &fickle, rules: world }.settle(&id(), at(1)).await.unwrap();
    assert_eq!(timeline(world).await, "asked approved activating failed");
    assert!(world.policies().is_empty(), "law 4: a failed request left something behind");
}
