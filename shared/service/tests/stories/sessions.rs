//! Credentials: on record before they exist, and worthless once they are revoked.

use domain::{
    grant::{PolicyDocument, PrincipalName},
    request::{Refusal, Status},
    value::RequestId,
};
use rules::source::RuleSet;
use service::{Error, MintOrder, mint, ports::Rulebook};
use testing::{Cut, World};

use crate::people::{approved, at, call, person, revokes_that, sources, timeline_of, world};

async fn open(world: &World) -> RequestId {
    let id = approved(world, "deploy", 1).await;
    world.worker().settle(&id, at(1)).await.unwrap();
    id
}

async fn mints(world: &World, name: &str, id: &RequestId, minutes: i64) -> Result<(), Error> {
    let rules = world.current().await?;
    mints_under(&rules, world, name, id, minutes).await
}

async fn mints_under(
    rules: &RuleSet,
    world: &World,
    name: &str,
    id: &RequestId,
    minutes: i64,
) -> Result<(), Error> {
    let order = MintOrder { by: &person(name), call: call(minutes) };
    mint(world, world, rules, id, &order).await.map(|_| ())
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
    assert!(matches!(late, Err(Error::Refused(Refusal::WindowOver { .. }))), "{late:?}");
    assert!(world.sessions().is_empty());
}

#[tokio::test]
async fn whoever_sees_a_request_by_a_rule_alone_is_told_that_it_is_not_theirs() {
    let world = world();
    let id = open(&world).await;
    let mut sources = sources("\"bob@example.com\", \"carol@example.com\"", 1);
    let rule = "@id(\"x/dave\") permit (principal == Person::\"dave@example.com\", \
                action == Action::\"revoke\", resource);";
    sources.set("own.cedar", sources.get("own.cedar").unwrap_or_default().to_owned() + rule);
    let people = "\n[[person]]\nmail = \"dave@example.com\"\nname = \"Dave\"\n\
                  [[person]]\nmail = \"erin@example.com\"\nname = \"Erin\"\n";
    sources.set("people.toml", sources.get("people.toml").unwrap().to_owned() + people);
    let rules = sources.check().unwrap();
    let daves = mints_under(&rules, &world, "dave", &id, 2).await;
    assert!(matches!(daves, Err(Error::Refused(Refusal::NotYours { .. }))), "{daves:?}");
    let erins = mints_under(&rules, &world, "erin", &id, 2).await;
    assert!(matches!(erins, Err(Error::NotFound)), "{erins:?}");
    assert!(world.sessions().is_empty());
    assert_eq!(timeline_of(&world, &id).await, "asked approved activating activated");
}

#[tokio::test]
async fn revoked_and_cut_short_at_any_step_the_sessions_are_barred_and_the_bar_goes_in_the_end() {
    for cut_at in [Cut::Before as fn(usize) -> Cut, Cut::After] {
        for steps in 0..10 {
            let world = world();
            let id = open(&world).await;
            mints(&world, "ann", &id, 2).await.unwrap();
            revokes_that(&world, "bob", &id).await.unwrap();
            world.cut(Some(cut_at(steps)));
            _ = world.worker().settle(&id, at(3)).await;
            world.cut(None);
            world.worker().sweep(at(4), || false).await;
            let bar = world.policies().remove(0);
            assert_eq!(bar.0, "deploy/portcullis-526e52fc-bars");
            let barred = PolicyDocument::barred_by(&bar.1);
            assert_eq!(barred, Some([id.clone()].into()), "{bar:?}");
            assert_eq!(world.requests()[0].status(), Status::Revoked);
            assert!(mints(&world, "ann", &id, 5).await.is_err(), "law 12");
            world.cut(Some(cut_at(steps)));
            _ = world.worker().sweep(at(77), || false).await;
            world.cut(None);
            world.worker().sweep(at(78), || false).await;
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
    revokes_that(&world, "bob", &id).await.unwrap();
    world.worker().settle(&id, at(3)).await.unwrap();
    let role = "deploy".parse().unwrap();
    for minute in [4, 5, 40] {
        let (name, document) = world.policies().remove(0);
        world.delete_on_role(&role, name.strip_prefix("deploy/").unwrap());
        assert!(world.policies().is_empty());
        let swept = world.worker().sweep(at(minute), || false).await;
        assert!(swept.failed.is_empty(), "{swept:?}");
        assert_eq!(world.policies(), [(name, document)], "law 17");
    }
    world.worker().sweep(at(77), || false).await;
    world.worker().sweep(at(78), || false).await;
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
    revokes_that(&world, "bob", &id).await.unwrap();
    world.worker().settle(&id, at(3)).await.unwrap();
    assert_eq!(world.requests()[0].status(), Status::Revoked);
    let swept = world.worker().sweep(at(4), || false).await;
    assert!(swept.failed.is_empty(), "{swept:?}");
    world.worker().sweep(at(77), || false).await;
    assert!(timeline_of(&world, &id).await.ends_with("revoked lifted"));
}

/// Makes this many requests of Ann's. Each is opened, gives her credentials, and is revoked.
async fn revoked(world: &World, many: u8) -> Vec<RequestId> {
    let mut ids = Vec::new();
    for number in 1..=many {
        let id = approved(world, "deploy", number).await;
        world.worker().settle(&id, at(1)).await.unwrap();
        mints(world, "ann", &id, 2).await.unwrap();
        revokes_that(world, "bob", &id).await.unwrap();
        ids.push(id);
    }
    ids
}

fn kept_out(world: &World) -> Vec<RequestId> {
    let barred = world
        .policies()
        .into_iter()
        .flat_map(|(_, document)| PolicyDocument::barred_by(&document).unwrap());
    barred.collect()
}

#[tokio::test]
async fn one_policy_keeps_all_revoked_sessions_out_of_a_role_and_each_is_let_in_by_itself() {
    let world = world();
    let mut ids = revoked(&world, 9).await;
    let worker = world.worker();
    let at_once = ids.iter().map(|id| worker.settle(id, at(3)));
    for settled in futures_util::future::join_all(at_once).await {
        settled.unwrap();
    }
    ids.sort();
    assert_eq!(kept_out(&world), ids, "nobody has written over somebody else");
    assert_eq!(world.policies().len(), 1);
    // Somebody removes one of the bars by hand.
    let role: PrincipalName = "deploy".parse().unwrap();
    let others = ids.iter().skip(1).cloned().collect();
    world.put_on_role(&role, "portcullis-526e52fc-bars", &PolicyDocument::bars(&others));
    world.worker().sweep(at(4), || false).await;
    assert_eq!(kept_out(&world), ids);
    world.worker().sweep(at(78), || false).await;
    world.worker().sweep(at(79), || false).await;
    assert!(world.policies().is_empty(), "law 4: {:?}", world.policies());
}

#[tokio::test]
async fn whoever_is_cut_short_while_bars_change_leaves_no_session_in_for_more_than_a_minute() {
    for cut_at in [Cut::Before as fn(usize) -> Cut, Cut::After] {
        for steps in 0..14 {
            let world = world();
            let ids = revoked(&world, 2).await;
            world.worker().settle(&ids[0], at(3)).await.unwrap();
            world.cut(Some(cut_at(steps)));
            _ = world.worker().settle(&ids[1], at(3)).await;
            world.cut(None);
            assert!(kept_out(&world).contains(&ids[0]), "law 6: {steps}");
            world.worker().sweep(at(4), || false).await;
            let mut both = ids.clone();
            both.sort();
            assert_eq!(kept_out(&world), both, "{steps}");
        }
    }
}
