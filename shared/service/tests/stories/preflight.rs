//! Checks in IAM: a grant without room is refused at once, and principals are known by unique id.

use domain::{
    grant::{PolicyArn, Principal},
    request::Refusal,
    value::RequestId,
};
use service::{
    Error, Submission,
    ports::{IamRead, Quotas, Store},
    submit,
};
use testing::World;

use crate::people::{ann, approved, at, call, draft, id, submits, timeline_of, world};

fn anns_user() -> Principal {
    Principal::User("ann".parse().unwrap())
}

fn policy(number: usize) -> PolicyArn {
    format!("arn:aws:iam::aws:policy/Other{number}").parse().unwrap()
}

async fn refused(world: &World, entitlement: &str) -> Option<String> {
    let draft =
        rules::judge::RequestDraft { entitlement: entitlement.parse().unwrap(), ..draft("1h") };
    let (caller, call) = (ann(), call(0));
    let submission =
        Submission { caller, account: None, draft, call, key: None, authenticated: None, id: id() };
    match submit(world, world, world, submission).await {
        Ok(_) => None,
        Err(refused) => {
            assert!(world.requests().is_empty(), "nothing is on record");
            Some(refused.to_string())
        }
    }
}

#[tokio::test]
async fn a_policy_that_does_not_fit_beside_the_others_is_refused_with_the_way_out() {
    let world = world();
    let no_room = Some(Refusal::QuotaExceeded { principal: anns_user() }.to_string());
    world.put_by_hand("ann", "own", &"x".repeat(1_900));
    assert_eq!(refused(&world, "orders-read").await, no_room);
    world.put_by_hand("ann", "own", &format!("{}{}", "x".repeat(1_000), " ".repeat(1_000)));
    assert_eq!(refused(&world, "orders-read").await, None, "white space is free");
}

#[tokio::test]
async fn one_managed_policy_too_many_is_refused_and_one_that_is_there_already_is_not() {
    let full = world();
    for number in 0..10 {
        full.attach_by_hand("ann", &policy(number));
    }
    let no_room = Some(Refusal::QuotaExceeded { principal: anns_user() }.to_string());
    assert_eq!(refused(&full, "read-all").await, no_room);
    let has_it = world();
    has_it.attach_by_hand("ann", &"arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap());
    for number in 0..9 {
        has_it.attach_by_hand("ann", &policy(number));
    }
    assert_eq!(refused(&has_it, "read-all").await, None);
}

#[tokio::test]
async fn who_does_not_exist_gets_nothing_and_hears_it_when_they_ask() {
    let world = world();
    world.remove_user("ann");
    for entitlement in ["orders-read", "read-all"] {
        let missing = Refusal::NoPrincipal { principal: anns_user() };
        assert_eq!(refused(&world, entitlement).await, Some(missing.to_string()));
    }
}

#[tokio::test]
async fn a_user_who_was_made_anew_since_the_ask_gets_nothing() {
    for entitlement in ["orders-read", "read-all"] {
        let world = world();
        let request = approved(&world, entitlement, 1).await;
        let then = world.load(&request).await.unwrap().unwrap().terms().unique_id.clone();
        world.recreate_user("ann");
        let now = world.identify(&anns_user()).await.unwrap().unwrap().unique_id;
        assert_ne!(then, Some(now.clone()));
        // Ten minutes later the pinned id is not fresh any more, and IAM is asked again.
        world.worker().settle(&request, at(10)).await.unwrap();
        assert_eq!(timeline_of(&world, &request).await, "asked approved activating failed");
        assert!(world.attached_policies().is_empty() && world.policies().is_empty());
    }
}

#[tokio::test]
async fn and_right_after_the_ask_what_they_get_is_for_whoever_had_the_name_then() {
    let world = world();
    let request: RequestId = approved(&world, "orders-read", 1).await;
    let then = world.load(&request).await.unwrap().unwrap().terms().unique_id.clone().unwrap();
    world.recreate_user("ann");
    world.worker().settle(&request, at(1)).await.unwrap();
    let (_, document) = world.policies().remove(0);
    let bound = format!("\"StringEquals\":{{\"aws:userid\":\"{then}\"}}");
    assert!(document.contains(&bound), "{document}");
}

#[tokio::test]
async fn an_account_that_has_asked_for_more_room_has_it() {
    let world = world();
    for number in 0..10 {
        let policy = format!("arn:aws:iam::aws:policy/Policy{number}").parse().unwrap();
        world.attach_by_hand("ann", &policy);
    }
    let asks = async |world: &World| {
        let draft =
            rules::judge::RequestDraft { entitlement: "read-all".parse().unwrap(), ..draft("1h") };
        submits(world, draft, None).await
    };
    let full = asks(&world).await;
    assert!(matches!(full, Err(Error::Refused(Refusal::QuotaExceeded { .. }))), "{full:?}");
    world.raise(Quotas { attached_to_user: 20, ..Quotas::default() });
    asks(&world).await.unwrap();
}
