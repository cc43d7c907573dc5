//! Trouble: AWS fails or refuses, for ten minutes or for ever; and deliveries and sweeps come
//! twice, late, out of order, or by another clock.

use domain::{
    grant::Principal,
    request::{Cause, Status, Verdict},
    value::RequestId,
};
use service::Error;
use testing::{Cut, Throttle, World};

use crate::people::{
    ann_asks, answers, approved, at, id, revokes, revokes_that, timeline, timeline_of, world,
};

async fn delivered(world: &World, id: &RequestId, minutes: i64) -> Result<(), Error> {
    world.worker().settle(id, at(minutes)).await.map(|_| ())
}

#[tokio::test]
async fn throttled_for_ten_minutes_nothing_is_lost_and_all_is_closed_within_two_sweeps() {
    let world = world();
    let many: Vec<RequestId> = {
        let mut many = Vec::new();
        for number in 1..=40 {
            world.uncount();
            many.push(approved(&world, "orders-read", number).await);
        }
        many
    };
    world.worker().sweep(at(1), || false).await;
    assert_eq!(world.policies().len(), 40);
    world.throttle(Throttle::All);
    for minute in 61..71 {
        let swept = world.worker().sweep(at(minute), || false).await;
        assert_eq!((swept.settled.len(), swept.failed.len()), (0, 40), "each is tried each time");
        assert!(swept.failed.is_sorted_by_key(|(due, _)| due.at), "oldest first");
    }
    world.throttle(Throttle::None);
    for minute in 71..73 {
        world.worker().sweep(at(minute), || false).await;
    }
    assert!(world.policies().is_empty(), "law 20");
    for id in &many {
        assert!(timeline_of(&world, id).await.ends_with("activated ended"));
    }
}

#[tokio::test]
async fn what_is_opened_while_iam_is_busy_opens_once_it_is_not() {
    let world = world();
    let id = approved(&world, "orders-read", 1).await;
    world.throttle(Throttle::All);
    for minute in 1..11 {
        assert!(delivered(&world, &id, minute).await.is_err());
    }
    assert_eq!(timeline_of(&world, &id).await, "asked approved activating", "and it waits");
    world.throttle(Throttle::None);
    world.worker().sweep(at(11), || false).await;
    assert_eq!(timeline_of(&world, &id).await, "asked approved activating activated");
    assert!(world.policies()[0].1.contains("2026-05-04T11:01:00Z"), "law 3: the end is as it was");
}

#[tokio::test]
async fn what_iam_will_never_take_fails_with_its_cause_and_leaves_nothing() {
    for cause in
        [Cause::LimitExceeded, Cause::PolicyRefused, Cause::NotPermitted, Cause::PolicyGone]
    {
        for entitlement in ["orders-read", "read-all"] {
            let world = world();
            let id = approved(&world, entitlement, 1).await;
            world.refuse(Some(cause.clone()));
            let failed = world.worker().settle(&id, at(1)).await.unwrap();
            assert_eq!(failed.state().failure(), Some(&cause));
            let left = (world.policies(), world.attached_policies(), world.marks());
            assert_eq!(left, (vec![], vec![], vec![]), "{cause:?}");
            world.refuse(None);
            assert!(world.worker().sweep(at(2), || false).await.settled.is_empty());
        }
    }
}

#[tokio::test]
async fn one_poisoned_grant_keeps_no_other_from_closing() {
    let world = world();
    let (poisoned, fine) =
        (approved(&world, "read-all", 1).await, approved(&world, "orders-read", 2).await);
    for id in [&poisoned, &fine] {
        delivered(&world, id, 1).await.unwrap();
    }
    world.poison(&poisoned);
    for minute in [61, 62, 63] {
        let swept = world.worker().sweep(at(minute), || false).await;
        assert_eq!(swept.failed.len(), 1, "it is tried for ever");
    }
    assert!(timeline_of(&world, &fine).await.ends_with("ended"));
    assert!(world.policies().is_empty());
}

#[tokio::test]
async fn deliveries_that_come_twice_late_or_out_of_order_lead_to_the_same_end() {
    // A delivery only names the request to settle. Deliveries that come out of order settle at
    // times that are out of order.
    for order in [[0, 1, 2], [2, 1, 0], [1, 1, 1], [2, 0, 2], [0, 0, 2]] {
        let world = world();
        ann_asks(&world).await.unwrap();
        answers(&world, "bob", Verdict::Approve).await.unwrap();
        for (turn, minutes) in order.into_iter().enumerate() {
            delivered(&world, &id(), minutes).await.unwrap();
            if turn == 1 {
                revokes(&world, "ann").await.unwrap();
            }
        }
        delivered(&world, &id(), 3).await.unwrap();
        let told = "asked approved activating activated revoking revoked";
        assert_eq!(timeline(&world).await, told, "law 16: {order:?}");
        assert!(world.policies().is_empty(), "law 4: {order:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_ten_minutes_off_moves_no_end_and_opens_nothing_again() {
    for off in [-10, 10] {
        let world = world();
        let id = approved(&world, "orders-read", 1).await;
        delivered(&world, &id, 1 + off).await.unwrap();
        let window = world.requests()[0].window().unwrap();
        assert_eq!(window.ends_at(), at(61), "law 3: it was fixed by whoever approved it");
        assert!(world.policies()[0].1.contains("2026-05-04T11:01:00Z"), "and the fence holds it");
        // A sweep by a slow clock closes late. The fence ends access in time, by IAM's own clock.
        world.worker().sweep(at(61 + off), || false).await;
        world.worker().sweep(at(61), || false).await;
        assert!(world.policies().is_empty());
        let ended = world.requests().remove(0);
        assert_eq!((ended.status(), ended.window()), (Status::Ended, Some(window)));
        let (_, history) = service::ports::Store::history(&world, &id).await.unwrap().unwrap();
        assert!(history.is_sorted_by_key(|entry| entry.at), "time runs one way: {off}");
    }
}

#[tokio::test]
async fn revoked_while_iam_is_busy_it_is_closed_as_soon_as_iam_answers() {
    let world = world();
    let id = approved(&world, "read-all", 1).await;
    delivered(&world, &id, 1).await.unwrap();
    world.throttle(Throttle::All);
    revokes_that(&world, "bob", &id).await.unwrap();
    assert!(delivered(&world, &id, 2).await.is_err());
    assert_eq!(world.attached_policies().len(), 1, "and its record says that it is not closed yet");
    assert_eq!(world.requests()[0].status(), Status::Revoking);
    world.throttle(Throttle::None);
    world.worker().sweep(at(3), || false).await;
    assert!(world.attached_policies().is_empty());
}

#[tokio::test]
async fn one_row_that_cannot_be_read_keeps_no_other_from_closing() {
    let world = world();
    let (spoilt, fine) =
        (approved(&world, "orders-read", 1).await, approved(&world, "orders-read", 2).await);
    for id in [&spoilt, &fine] {
        delivered(&world, id, 1).await.unwrap();
    }
    world.spoil(&spoilt);
    let swept = world.worker().sweep(at(61), || false).await;
    assert_eq!((swept.settled.len(), &swept.failed[0].0.id), (1, &spoilt));
    assert!(timeline_of(&world, &fine).await.ends_with("ended"));
}

#[tokio::test]
async fn what_we_may_not_open_fails_within_two_sweeps_and_does_not_wait_to_be_closed() {
    let ann = Principal::User("ann".parse().unwrap());
    for entitlement in ["orders-read", "read-all"] {
        let world = world();
        let id = approved(&world, entitlement, 1).await;
        world.forbid(&ann);
        assert!(delivered(&world, &id, 1).await.is_err(), "rights may still be spreading");
        assert_eq!(timeline_of(&world, &id).await, "asked approved activating");
        world.worker().sweep(at(2), || false).await;
        let failed = world.requests().remove(0);
        assert_eq!(failed.state().failure(), Some(&Cause::NotPermitted));
        assert!(world.worker().sweep(at(3), || false).await.settled.is_empty());
        // The failed grant left nothing behind that could hold up the next one.
        world.permit(&ann);
        let next = approved(&world, entitlement, 2).await;
        delivered(&world, &next, 3).await.unwrap();
        assert!(timeline_of(&world, &next).await.ends_with("activated"), "{entitlement}");
    }
}

#[tokio::test]
async fn what_a_new_deployment_may_not_do_yet_opens_once_it_may() {
    let world = world();
    let id = approved(&world, "orders-read", 1).await;
    let ann = Principal::User("ann".parse().unwrap());
    world.forbid(&ann);
    assert!(delivered(&world, &id, 1).await.is_err());
    world.permit(&ann);
    world.worker().sweep(at(2), || false).await;
    assert!(timeline_of(&world, &id).await.ends_with("activated"));
}

#[tokio::test]
async fn what_was_revoked_before_it_could_be_opened_ends_though_we_may_do_nothing_there() {
    let world = world();
    let id = approved(&world, "orders-read", 1).await;
    world.forbid(&Principal::User("ann".parse().unwrap()));
    assert!(delivered(&world, &id, 1).await.is_err());
    revokes_that(&world, "ann", &id).await.unwrap();
    delivered(&world, &id, 2).await.unwrap();
    assert_eq!(timeline_of(&world, &id).await, "asked approved activating revoking revoked");
}

#[tokio::test]
async fn what_opened_unheard_is_not_called_closed_because_we_may_not_close_it() {
    let ann = Principal::User("ann".parse().unwrap());
    for entitlement in ["orders-read", "read-all"] {
        let world = world();
        let id = approved(&world, entitlement, 1).await;
        let there = || world.policies().len() + world.attached_policies().len();
        let mut steps = 0;
        while there() == 0 {
            world.cut(Some(Cut::After(steps)));
            assert!(delivered(&world, &id, 1).await.is_err(), "{entitlement}: after {steps} steps");
            steps += 1;
        }
        world.cut(None);
        world.forbid(&ann);
        revokes_that(&world, "ann", &id).await.unwrap();
        for minute in [2, 3, 100] {
            assert!(delivered(&world, &id, minute).await.is_err(), "{entitlement}");
            assert!(timeline_of(&world, &id).await.ends_with("revoking"), "{entitlement}");
        }
        world.permit(&ann);
        world.worker().sweep(at(101), || false).await;
        assert!(timeline_of(&world, &id).await.ends_with("revoked"), "{entitlement}");
        assert_eq!(there(), 0, "{entitlement}");
    }
}

#[tokio::test]
async fn what_is_open_is_tried_for_ever_though_we_may_not_close_it_any_more() {
    let world = world();
    let id = approved(&world, "orders-read", 1).await;
    delivered(&world, &id, 1).await.unwrap();
    let ann = Principal::User("ann".parse().unwrap());
    world.forbid(&ann);
    for minute in [61, 62, 100] {
        let swept = world.worker().sweep(at(minute), || false).await;
        assert_eq!(swept.failed.len(), 1, "and an alarm says so");
    }
    world.permit(&ann);
    world.worker().sweep(at(101), || false).await;
    assert!(world.policies().is_empty());
}
