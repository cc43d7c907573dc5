//! Managed policies: grants hold them together, release them one by one, and never take them from
//! others.

use domain::{grant::PolicyArn, value::RequestId};
use testing::{Cut, World};

use crate::people::{approved, at, revokes_that, timeline_of, world};

fn policy() -> PolicyArn {
    "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap()
}

fn on_ann() -> Vec<String> {
    vec![format!("ann/{}", policy())]
}

async fn settles(world: &World, id: &RequestId, minutes: i64) {
    world.worker().settle(id, at(minutes)).await.unwrap();
}

#[tokio::test]
async fn it_is_attached_while_its_window_lasts_and_gone_with_its_mark_afterwards() {
    let world = world();
    let id = approved(&world, "read-all", 1).await;
    assert!(world.attached_policies().is_empty(), "law 2");
    settles(&world, &id, 1).await;
    assert_eq!((world.attached_policies(), world.marks()), (on_ann(), vec![id.clone()]));
    settles(&world, &id, 61).await;
    assert_eq!((world.attached_policies(), world.marks()), (vec![], vec![]));
    assert_eq!(timeline_of(&world, &id).await, "asked approved activating activated ended");
}

#[tokio::test]
async fn two_grants_of_it_end_each_on_its_own_and_the_last_takes_it_away() {
    let world = world();
    let (first, second) =
        (approved(&world, "read-all", 1).await, approved(&world, "read-all", 2).await);
    settles(&world, &first, 1).await;
    settles(&world, &second, 1).await;
    assert_eq!(world.marks().len(), 2);
    revokes_that(&world, "ann", &first).await.unwrap();
    settles(&world, &first, 2).await;
    assert_eq!(
        (world.attached_policies(), world.marks()),
        (on_ann(), vec![second.clone()]),
        "law 6"
    );
    settles(&world, &first, 3).await;
    assert_eq!(world.attached_policies(), on_ann(), "twice is once");
    settles(&world, &second, 61).await;
    assert!(world.attached_policies().is_empty());
}

#[tokio::test]
async fn what_was_attached_before_stays_and_carries_no_mark_of_ours() {
    let world = world();
    world.attach_by_hand("ann", &policy());
    let id = approved(&world, "read-all", 1).await;
    settles(&world, &id, 1).await;
    assert!(world.marks().is_empty());
    settles(&world, &id, 61).await;
    assert_eq!(world.attached_policies(), on_ann(), "law 7");
    assert_eq!(timeline_of(&world, &id).await, "asked approved activating activated ended");
}

#[tokio::test]
async fn cut_short_at_any_step_it_is_gone_in_the_end_and_the_other_grant_never_suffers() {
    for cut_at in [Cut::Before as fn(usize) -> Cut, Cut::After] {
        for steps in 0..40 {
            let world = world();
            let (first, second) =
                (approved(&world, "read-all", 1).await, approved(&world, "read-all", 2).await);
            settles(&world, &second, 1).await;
            world.cut(Some(cut_at(steps)));
            let opened = world.worker().settle(&first, at(1)).await.is_ok();
            if opened {
                _ = revokes_that(&world, "ann", &first).await;
                _ = world.worker().settle(&first, at(2)).await;
            }
            world.cut(None);
            world.worker().sweep(at(3), || false).await;
            assert_eq!(world.attached_policies(), on_ann(), "law 6: {steps}");
            world.worker().sweep(at(61), || false).await;
            assert_eq!(
                (world.attached_policies(), world.marks()),
                (vec![], vec![]),
                "law 4: {steps}"
            );
        }
    }
}

#[tokio::test]
async fn a_user_with_no_room_left_fails_the_request_and_keeps_what_they_had() {
    let world = world();
    let id = approved(&world, "read-all", 1).await;
    for number in 0..10 {
        world.attach_by_hand("ann", &format!("{}{number}", policy()).parse().unwrap());
    }
    settles(&world, &id, 1).await;
    assert_eq!(timeline_of(&world, &id).await, "asked approved activating failed");
    assert_eq!((world.attached_policies().len(), world.marks().len()), (10, 0));
}
