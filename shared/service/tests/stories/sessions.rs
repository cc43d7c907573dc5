//! Credentials: on record before they exist, and worth nothing once they are revoked.

use domain::{Refusal, RequestId, Status};
use service::{
    Error,
    memory::{Cut, World},
    mint,
    ports::Rulebook,
    settle, sweep,
};

use crate::people::{approved, at, person, revokes_that, situation, timeline_of, world};

async fn open(world: &World) -> RequestId {
    let id = approved(world, "deploy", 1).await;
    settle(world, (world, world), &id, at(1)).await.unwrap();
    id
}

async fn mints(world: &World, name: &str, id: &RequestId, minutes: i64) -> Result<(), Error> {
    let rules = world.current().await?;
    let caller = (&person(name), situation(minutes));
    mint(world, (world, &rules), id, caller).await.map(|_| ())
}

#[tokio::test]
async fn a_session_carries_whose_it_is_and_its_end_and_is_on_record_first() {
    let world = world();
    let id = open(&world).await;
    mints(&world, "ann", &id, 2).await.unwrap();
    let session = world.sessions().remove(0);
    assert_eq!(
        (session.name, session.source_identity),
        (format!("pc-{id}"), "ann@example.com".into())
    );
    assert_eq!(session.tags[0], ("portcullis:grant", id.to_string()));
    assert!(session.policy.contains("2026-05-04T11:01:00Z"), "law 17: {}", session.policy);
    assert!(world.policies().is_empty(), "nothing is put into IAM");
    world.cut(Some(Cut::Before(4)));
    assert!(mints(&world, "ann", &id, 3).await.is_err());
    world.cut(None);
    let told = "asked approved activating activated minting minting";
    assert_eq!(
        (timeline_of(&world, &id).await.as_str(), world.sessions().len()),
        (told, 1),
        "law 2"
    );
}

#[tokio::test]
async fn nobody_else_and_nobody_after_the_end_is_given_credentials() {
    let world = world();
    let id = open(&world).await;
    let bobs = mints(&world, "bob", &id, 2).await;
    assert!(matches!(bobs, Err(Error::Refused(Refusal::NotYours { .. }))), "{bobs:?}");
    let late = mints(&world, "ann", &id, 61).await;
    assert!(matches!(late, Err(Error::Refused(Refusal::Over { .. }))), "{late:?}");
    assert!(world.sessions().is_empty());
}

#[tokio::test]
async fn revoked_and_cut_short_at_any_step_the_sessions_are_barred_and_the_bar_goes_in_the_end() {
    for cut_at in [Cut::Before as fn(usize) -> Cut, Cut::After] {
        for steps in 0..10 {
            let world = world();
            let id = open(&world).await;
            mints(&world, "ann", &id, 2).await.unwrap();
            revokes_that((&world, &world), "bob", &id).await.unwrap();
            world.cut(Some(cut_at(steps)));
            _ = settle(&world, (&world, &world), &id, at(3)).await;
            world.cut(None);
            sweep(&world, (&world, &world), at(4), || false).await;
            let bar = world.policies().remove(0);
            assert!(bar.0.starts_with(&format!("deploy/portcullis-526e52fc-bar-{id}-")), "{bar:?}");
            assert!(bar.1.contains("\"aws:PrincipalTag/portcullis:grant\""), "{bar:?}");
            assert_eq!(world.requests()[0].status(), Status::Revoked);
            assert!(mints(&world, "ann", &id, 5).await.is_err(), "law 12");
            world.cut(Some(cut_at(steps)));
            _ = sweep(&world, (&world, &world), at(61), || false).await;
            world.cut(None);
            sweep(&world, (&world, &world), at(62), || false).await;
            assert!(world.policies().is_empty(), "law 4: {steps}");
            let told = "asked approved activating activated minting revoking revoked lifted";
            assert_eq!(timeline_of(&world, &id).await, told, "law 16: {steps}");
        }
    }
}

#[tokio::test]
async fn a_bar_that_somebody_removed_is_put_back_each_minute_until_the_last_session_has_died() {
    let world = world();
    let id = open(&world).await;
    mints(&world, "ann", &id, 2).await.unwrap();
    revokes_that((&world, &world), "bob", &id).await.unwrap();
    settle(&world, (&world, &world), &id, at(3)).await.unwrap();
    let role = "deploy".parse().unwrap();
    for minute in [4, 5, 40] {
        let (name, document) = world.policies().remove(0);
        world.delete_on_role(&role, name.strip_prefix("deploy/").unwrap());
        assert!(world.policies().is_empty());
        let swept = sweep(&world, (&world, &world), at(minute), || false).await;
        assert!(swept.failed.is_empty(), "{swept:?}");
        assert_eq!(world.policies(), [(name, document)], "law 17");
    }
    sweep(&world, (&world, &world), at(61), || false).await;
    sweep(&world, (&world, &world), at(62), || false).await;
    assert!(world.policies().is_empty(), "law 4");
    let told = "asked approved activating activated minting revoking revoked lifted";
    assert_eq!(timeline_of(&world, &id).await, told);
}

#[tokio::test]
async fn of_a_role_that_is_gone_nothing_is_barred_and_the_request_ends() {
    let world = world();
    let id = open(&world).await;
    mints(&world, "ann", &id, 2).await.unwrap();
    world.remove_role(&"deploy".parse().unwrap());
    revokes_that((&world, &world), "bob", &id).await.unwrap();
    settle(&world, (&world, &world), &id, at(3)).await.unwrap();
    assert_eq!(world.requests()[0].status(), Status::Revoked);
    let swept = sweep(&world, (&world, &world), at(4), || false).await;
    assert!(swept.failed.is_empty(), "{swept:?}");
    sweep(&world, (&world, &world), at(61), || false).await;
    assert!(timeline_of(&world, &id).await.ends_with("revoked lifted"));
}
