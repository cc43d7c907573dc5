//! Drift of IAM from the record, even when records are lost.

use domain::{
    grant::{PolicyArn, PolicyDocument, Principal},
    history::{Actor, Drift},
    request::Cause,
};
use service::{DriftReport, MintOrder, Mode, mint, ports::Rulebook};
use testing::{Cut, World};

use crate::people::{
    ann_asks, answers, approved, at, call, id, person, revokes, revokes_that, timeline,
    timeline_of, world,
};

fn read_only() -> PolicyArn {
    "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap()
}

async fn looks(world: &World, minutes: i64) -> DriftReport {
    world.worker().reconcile(Mode::Repair(Actor::System), at(minutes)).await.unwrap()
}

/// One word for each drift.
fn words(drifts: &[Drift]) -> Vec<&'static str> {
    let word = |drift: &Drift| match drift {
        Drift::Leftover { .. } => "leftover",
        Drift::Edited { .. } => "edited",
        Drift::Unheld { .. } => "unheld",
        Drift::Bars { .. } => "bars",
        Drift::Unbarred { .. } => "unbarred",
        Drift::Missing { .. } => "missing",
        Drift::Returned { .. } => "returned",
        Drift::Unproven { .. } => "unproven",
    };
    drifts.iter().map(word).collect()
}

/// A world in which Ann's access is open.
async fn open() -> World {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", domain::request::Verdict::Approve).await.unwrap();
    world.worker().settle(&id(), at(1)).await.unwrap();
    world
}

#[tokio::test]
async fn what_is_as_it_should_be_is_left_alone_and_nothing_is_on_record() {
    let world = open().await;
    let managed = approved(&world, "read-all", 2).await;
    world.worker().settle(&managed, at(1)).await.unwrap();
    world.put_by_hand("ann", "own", "{}");
    world.put_by_hand("ann", "portcullis-is-great", "{}");
    let (policies, attached) = (world.policies(), world.attached_policies());
    assert!(looks(&world, 2).await.found.is_empty());
    assert_eq!((world.policies(), world.attached_policies()), (policies, attached));
    assert!(world.drift().is_empty());
}

#[tokio::test]
async fn a_call_that_comes_after_its_request_was_closed_leaves_nothing_for_long() {
    let world = open().await;
    let (name, document) = world.policies().remove(0);
    let name = name.strip_prefix("ann/").unwrap().to_owned();
    revokes(&world, "ann").await.unwrap();
    world.worker().settle(&id(), at(2)).await.unwrap();
    world.put_by_hand("ann", &name, &document);
    assert!(world.worker().sweep(at(3), || false).await.settled.is_empty());
    assert_eq!(world.policies().len(), 1, "no sweep over records finds it");
    assert_eq!(words(&looks(&world, 4).await.found), ["leftover"]);
    assert!(world.policies().is_empty(), "law 4");
    assert_eq!(words(&world.drift()), ["leftover"], "and it is on record");
    assert_eq!(timeline(&world).await, "asked approved activating activated revoking revoked");

    let managed = approved(&world, "read-all", 2).await;
    world.worker().settle(&managed, at(5)).await.unwrap();
    revokes_that(&world, "ann", &managed).await.unwrap();
    world.worker().settle(&managed, at(6)).await.unwrap();
    world.attach_by_hand("ann", &read_only());
    assert!(world.worker().check_detached(at(10)).await.unwrap().is_empty(), "not yet");
    assert_eq!(words(&world.worker().check_detached(at(11)).await.unwrap()), ["returned"]);
    assert!(world.attached_policies().is_empty(), "law 4");
    assert_eq!(words(&world.drift()), ["leftover", "returned"]);
}

#[tokio::test]
async fn what_an_administrator_attaches_once_no_call_of_ours_can_be_late_is_theirs() {
    for (looks_at, attached_at) in [(Some(7), 8), (None, 17)] {
        let world = world();
        let managed = approved(&world, "read-all", 2).await;
        world.worker().settle(&managed, at(1)).await.unwrap();
        revokes_that(&world, "ann", &managed).await.unwrap();
        world.worker().settle(&managed, at(2)).await.unwrap();
        if let Some(minute) = looks_at {
            assert!(world.worker().check_detached(at(minute)).await.unwrap().is_empty());
        }
        world.attach_by_hand("ann", &read_only());
        assert!(world.worker().check_detached(at(attached_at)).await.unwrap().is_empty());
        assert!(looks(&world, attached_at + 1).await.found.is_empty());
        assert_eq!(world.attached_policies().len(), 1, "law 7");
        let again = approved(&world, "read-all", 3).await;
        world.worker().settle(&again, at(20)).await.unwrap();
        world.worker().sweep(at(90), || false).await;
        assert_eq!(world.attached_policies().len(), 1, "law 7: it was there before");
    }
}

#[tokio::test]
async fn a_bar_and_an_attachment_that_somebody_removed_are_noticed() {
    let world = world();
    let managed = approved(&world, "read-all", 2).await;
    world.worker().settle(&managed, at(1)).await.unwrap();
    world.detach_by_hand("ann", &read_only());
    assert_eq!(words(&looks(&world, 2).await.found), ["missing"]);
    assert!(world.attached_policies().is_empty(), "what somebody took away stays away");
    let session = approved(&world, "deploy", 3).await;
    world.worker().settle(&session, at(1)).await.unwrap();
    let rules = world.current().await.unwrap();
    let ann = MintOrder { by: &person("ann"), call: call(2) };
    mint(&world, &world, &rules, &session, &ann).await.unwrap();
    revokes_that(&world, "ann", &session).await.unwrap();
    world.worker().settle(&session, at(3)).await.unwrap();
    let (name, _) = world.policies().remove(0);
    world.delete_on_role(&"deploy".parse().unwrap(), name.strip_prefix("deploy/").unwrap());
    assert_eq!(words(&looks(&world, 4).await.found), ["unbarred", "missing"]);
    assert_eq!(world.policies().len(), 1, "law 17");
    // Somebody bars another request with the policy, or writes something else into it.
    let right = world.policies();
    let role = "deploy".parse().unwrap();
    let also = PolicyDocument::bars(&[session, managed].into());
    for (minute, document) in
        [(5, also.as_str()), (6, r#"{"Version":"2012-10-17","Statement":[]}"#)]
    {
        world.put_on_role(&role, name.strip_prefix("deploy/").unwrap(), document);
        let found = words(&looks(&world, minute).await.found);
        assert!(found.contains(&"bars"), "{found:?}: {document}");
        assert_eq!(world.policies(), right, "{document}");
    }
}

#[tokio::test]
async fn what_another_deployment_has_granted_in_this_account_is_not_ours_to_take() {
    let world = open().await;
    let (name, document) = world.policies().remove(0);
    let name = name.strip_prefix("ann/").unwrap().to_owned();
    let mark = name.split('-').nth(1).unwrap().to_owned();
    world.put_by_hand("ann", &name.replace(&mark, "0badcafe"), &document);
    assert!(looks(&world, 2).await.found.is_empty());
    world.worker().sweep(at(61), || false).await;
    assert!(looks(&world, 62).await.found.is_empty());
    assert_eq!(world.policies().len(), 1, "law 6");
}

#[tokio::test]
async fn a_fence_somebody_moved_is_put_back_and_what_somebody_deleted_stays_deleted() {
    let world = open().await;
    let (name, document) = world.policies().remove(0);
    let name = name.strip_prefix("ann/").unwrap().to_owned();
    world.put_by_hand("ann", &name, &document.replace("2026-05-04T11", "2036-05-04T11"));
    assert_eq!(words(&looks(&world, 2).await.found), ["edited"]);
    assert_eq!(world.policies(), [(format!("ann/{name}"), document)], "law 3");
    world.delete_by_hand("ann", &name);
    assert!(looks(&world, 3).await.found.is_empty());
    assert!(world.policies().is_empty());
}

#[tokio::test]
async fn a_moved_fence_that_iam_does_not_let_us_put_back_is_deleted_and_reported() {
    let world = open().await;
    let (name, document) = world.policies().remove(0);
    let name = name.strip_prefix("ann/").unwrap().to_owned();
    world.put_by_hand("ann", &name, &document.replace("2026-05-04T11", "2036-05-04T11"));
    world.refuse(Some(Cause::LimitExceeded));
    let report = looks(&world, 2).await;
    assert!(world.policies().is_empty(), "law 3: {:?}", world.policies());
    let failed: Vec<_> = report.failed.into_iter().map(|(drift, _)| drift).collect();
    assert_eq!(words(&failed), ["edited"], "somebody should look why");
    assert_eq!(failed, report.found);
}

#[tokio::test]
async fn a_moved_fence_that_we_have_no_right_to_put_back_is_deleted_and_reported() {
    let world = open().await;
    let (name, document) = world.policies().remove(0);
    let name = name.strip_prefix("ann/").unwrap().to_owned();
    world.put_by_hand("ann", &name, &document.replace("2026-05-04T11", "2036-05-04T11"));
    world.forbid_giving(&Principal::User("ann".parse().unwrap()));
    let report = looks(&world, 2).await;
    assert!(world.policies().is_empty(), "law 3: {:?}", world.policies());
    assert_eq!(report.failed.len(), 1, "somebody should look why");
}

#[tokio::test]
async fn what_was_open_when_the_records_were_lost_is_closed_and_what_was_there_before_is_not() {
    let world = open().await;
    let managed = approved(&world, "read-all", 2).await;
    world.worker().settle(&managed, at(1)).await.unwrap();
    world.put_by_hand("ann", "own", "{}");
    world.lose_records();
    let only = world.worker().reconcile(Mode::DryRun, at(2)).await.unwrap();
    assert_eq!(words(&only.found), ["leftover", "unheld"]);
    assert_eq!((world.policies().len(), world.attached_policies().len()), (2, 1), "only looked");
    looks(&world, 2).await;
    assert_eq!(world.policies(), [("ann/own".to_owned(), "{}".to_owned())], "law 7");
    assert!(world.attached_policies().is_empty() && world.marks().is_empty());
    assert!(looks(&world, 3).await.found.is_empty());
}

#[tokio::test]
async fn cut_short_at_any_step_the_next_look_finishes_it() {
    for cut_at in [Cut::Before as fn(usize) -> Cut, Cut::After] {
        for steps in 0..16 {
            let world = open().await;
            let managed = approved(&world, "read-all", 2).await;
            world.worker().settle(&managed, at(1)).await.unwrap();
            world.lose_records();
            world.cut(Some(cut_at(steps)));
            _ = world.worker().reconcile(Mode::Repair(Actor::System), at(2)).await;
            world.cut(None);
            looks(&world, 3).await;
            let left = (world.policies(), world.attached_policies(), world.marks());
            assert_eq!(left, (vec![], vec![], vec![]), "{steps}");
        }
    }
}

#[tokio::test]
async fn a_live_grant_beside_a_dead_one_keeps_what_they_held_together() {
    let world = world();
    let (one, other) =
        (approved(&world, "read-all", 1).await, approved(&world, "read-all", 2).await);
    for request in [&one, &other] {
        world.worker().settle(request, at(1)).await.unwrap();
    }
    world.lose_record(&one);
    assert_eq!(words(&looks(&world, 2).await.found), ["unheld"]);
    assert_eq!(world.attached_policies().len(), 1, "law 6");
    assert_eq!(world.marks(), std::slice::from_ref(&other));
    world.worker().settle(&other, at(61)).await.unwrap();
    assert!(world.attached_policies().is_empty());
    assert_eq!(timeline_of(&world, &other).await, "asked approved activating activated ended");
}

#[tokio::test]
async fn what_was_asked_again_after_the_records_were_lost_is_not_taken_for_somebody_elses() {
    let world = world();
    let lost = approved(&world, "read-all", 1).await;
    world.worker().settle(&lost, at(1)).await.unwrap();
    world.lose_records();
    let again = approved(&world, "read-all", 2).await;
    world.worker().settle(&again, at(2)).await.unwrap();
    assert_eq!(words(&looks(&world, 3).await.found), ["unheld"]);
    assert_eq!(world.attached_policies().len(), 1, "law 6");
    world.worker().settle(&again, at(62)).await.unwrap();
    assert!(world.attached_policies().is_empty() && world.marks().is_empty(), "law 4");
}

#[tokio::test]
async fn what_is_just_being_revoked_is_not_put_back() {
    let world = open().await;
    let (name, document) = world.policies().remove(0);
    let name = name.strip_prefix("ann/").unwrap().to_owned();
    world.put_by_hand("ann", &name, &document.replace("2026-05-04T11", "2036-05-04T11"));
    revokes(&world, "bob").await.unwrap();
    assert!(looks(&world, 2).await.found.is_empty());
    world.worker().settle(&id(), at(3)).await.unwrap();
    assert!(world.policies().is_empty());
}

#[tokio::test]
async fn what_was_there_before_stays_also_when_the_record_of_one_of_its_grants_was_lost() {
    let world = world();
    world.attach_by_hand("ann", &read_only());
    let (one, other) =
        (approved(&world, "read-all", 1).await, approved(&world, "read-all", 2).await);
    for request in [&one, &other] {
        world.worker().settle(request, at(1)).await.unwrap();
    }
    world.lose_record(&one);
    assert_eq!(words(&looks(&world, 2).await.found), ["unheld"]);
    world.worker().settle(&other, at(61)).await.unwrap();
    assert_eq!(world.attached_policies().len(), 1, "law 7");
}

#[tokio::test]
async fn before_a_stack_is_removed_all_it_has_granted_is_taken_and_nothing_else() {
    let world = open().await;
    let managed = approved(&world, "read-all", 2).await;
    world.worker().settle(&managed, at(1)).await.unwrap();
    world.put_by_hand("ann", "own", "{}");
    world.put_by_hand("ann", "portcullis-0badcafe-00000000000000000000-4102444800", "{}");
    let dry = world.worker().close_everything(Mode::DryRun, at(2)).await.unwrap();
    assert_eq!((dry.found.len(), world.policies().len()), (2, 3), "it only looked");
    let look = Mode::Repair(Actor::System);
    let closed = world.worker().close_everything(look, at(2)).await.unwrap();
    assert_eq!(words(&closed.found), ["leftover", "unheld"]);
    assert!(closed.failed.is_empty() && world.attached_policies().is_empty());
    let left = world.policies();
    assert!(left.iter().all(|(name, _)| name.contains("own") || name.contains("0badcafe")));
    assert_eq!(left.len(), 2, "law 7");
    assert_eq!(words(&world.drift()), ["leftover", "unheld"], "and it is on record");
}

#[tokio::test]
async fn what_came_back_late_is_taken_away_by_the_minute_job_and_is_on_record_once() {
    let world = world();
    let mine = approved(&world, "read-all", 2).await;
    world.worker().settle(&mine, at(1)).await.unwrap();
    world.worker().sweep(at(61), || false).await;
    assert!(world.attached_policies().is_empty());
    world.attach_by_hand("ann", &read_only());
    let returned = world.worker().check_detached(at(70)).await.unwrap();
    assert_eq!((words(&returned), world.attached_policies().len()), (vec!["returned"], 0));
    assert_eq!(world.drift().len(), 1);
}
