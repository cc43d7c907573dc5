//! Users who are renamed while they hold a managed policy: it moves with them, and so does its end.

use std::collections::BTreeSet;

use domain::{
    grant::{Attachment, AttachmentState, PolicyArn, Principal},
    history::Actor,
    value::RequestId,
};
use service::{Mode, ports::Attachments};
use testing::World;

use crate::people::{approved, at, revokes_that, world};

fn policy() -> PolicyArn {
    "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap()
}

fn on(user: &str) -> Vec<String> {
    vec![format!("{user}/{}", policy())]
}

/// Ann holds the policy and becomes `bea`. The next user is called `ann`, and holds it as well.
async fn two_of_one_name(world: &World) -> (RequestId, RequestId) {
    let first = approved(world, "read-all", 1).await;
    world.worker().settle(&first, at(1)).await.unwrap();
    world.rename_user("ann", "bea");
    world.recreate_user("ann");
    let second = approved(world, "read-all", 2).await;
    world.worker().settle(&second, at(1)).await.unwrap();
    assert_eq!(world.attached_policies(), [on("ann"), on("bea")].concat());
    (first, second)
}

#[tokio::test]
async fn each_of_two_users_of_one_name_loses_the_policy_with_their_own_grant() {
    let world = world();
    let (first, second) = two_of_one_name(&world).await;
    revokes_that(&world, "ann", &first).await.unwrap();
    world.worker().settle(&first, at(3)).await.unwrap();
    assert_eq!((world.attached_policies(), world.marks()), (on("ann"), vec![second]), "law 17");
    world.worker().sweep(at(62), || false).await;
    assert_eq!((world.attached_policies(), world.marks()), (vec![], vec![]), "law 4");
}

#[tokio::test]
async fn the_grant_of_an_earlier_user_of_the_name_keeps_nothing_open_for_the_next() {
    let world = world();
    let (first, second) = two_of_one_name(&world).await;
    revokes_that(&world, "ann", &second).await.unwrap();
    world.worker().settle(&second, at(3)).await.unwrap();
    assert_eq!((world.attached_policies(), world.marks()), (on("bea"), vec![first]), "law 1");
    world.worker().sweep(at(62), || false).await;
    assert_eq!((world.attached_policies(), world.marks()), (vec![], vec![]), "law 4");
}

#[tokio::test]
async fn two_grants_of_a_renamed_user_end_each_on_its_own() {
    let world = world();
    let (first, second) =
        (approved(&world, "read-all", 1).await, approved(&world, "read-all", 2).await);
    for id in [&first, &second] {
        world.worker().settle(id, at(1)).await.unwrap();
    }
    world.rename_user("ann", "bea");
    revokes_that(&world, "ann", &first).await.unwrap();
    world.worker().settle(&first, at(3)).await.unwrap();
    assert_eq!((world.attached_policies(), world.marks()), (on("bea"), vec![second]), "law 6");
    world.worker().sweep(at(62), || false).await;
    assert_eq!((world.attached_policies(), world.marks()), (vec![], vec![]), "law 4");
}

/// The attachment to `bea`, by a grant that was made under that name and took it for preexisting.
fn on_bea(version: u64, state: AttachmentState) -> Attachment {
    let principal = Principal::User("bea".parse().unwrap());
    Attachment { principal, policy: policy(), version, state }
}

fn holders(numbers: &[u8]) -> BTreeSet<RequestId> {
    numbers.iter().map(|number| RequestId::from_random([*number; 10])).collect()
}

/// The attachment as grants hold it that took it for preexisting.
fn preexisting(numbers: &[u8]) -> AttachmentState {
    AttachmentState::Held { holders: holders(numbers), preexisting: true }
}

/// Ann holds the policy and becomes `bea`. Another grant, under the new name, holds it as well,
/// and changes to `then` in the moment in which Ann's ends.
async fn changed_at_the_same_moment(world: &World, then: AttachmentState) -> RequestId {
    let first = approved(world, "read-all", 1).await;
    world.worker().settle(&first, at(1)).await.unwrap();
    world.rename_user("ann", "bea");
    _ = world.record_attachment(&on_bea(1, preexisting(&[9]))).await.unwrap();
    world.overtake(on_bea(2, then));
    first
}

/// The attachment after its last holder released it as preexisting.
fn released() -> AttachmentState {
    AttachmentState::Released { at: at(60), preexisting: true, checked: true }
}

#[tokio::test]
async fn a_policy_that_two_workers_release_at_once_is_gone_all_the_same() {
    let world = world();
    let first = changed_at_the_same_moment(&world, released()).await;
    world.worker().settle(&first, at(61)).await.unwrap();
    assert_eq!((world.attached_policies(), world.marks()), (vec![], vec![]), "law 4");
}

#[tokio::test]
async fn a_policy_that_another_grant_acquires_at_that_moment_stays_and_ends_with_it() {
    let world = world();
    let first = changed_at_the_same_moment(&world, preexisting(&[8, 9])).await;
    world.worker().settle(&first, at(61)).await.unwrap();
    assert_eq!((world.attached_policies(), world.marks()), (on("bea"), vec![]), "law 6");
    let ours = AttachmentState::Held { holders: holders(&[8, 9]), preexisting: false };
    let known = on_bea(3, ours);
    assert_eq!(world.attachment(known.key()).await.unwrap(), Some(known.clone()), "law 4");
}

#[tokio::test]
async fn a_policy_that_reconciliation_and_a_worker_release_at_once_is_gone_as_well() {
    let world = world();
    let first = changed_at_the_same_moment(&world, released()).await;
    world.lose_record(&first);
    let look = Mode::Repair(Actor::System);
    let report = world.worker().reconcile(look, at(61)).await.unwrap();
    assert!(report.failed.is_empty());
    assert_eq!((world.attached_policies(), world.marks()), (vec![], vec![]), "law 4");
}
