//! An engineer with a key of their own and a grudge.

use std::collections::BTreeSet;

use domain::{
    request::{
        Command, MAX_FOR_ENTITLEMENT, MAX_GLASS_BROKEN, MAX_OUTSTANDING, Outstanding, Refusal,
        Status,
    },
    value::RequestId,
};
use futures_util::future::join_all;
use rules::{
    judge::{RequestDraft, Urgency},
    source::Sources,
};
use service::{
    Error, execute, first_due,
    ports::{Lane, Store},
    preview, submit,
};
use testing::World;

use crate::company::{approves, asks, at, draft, id, mints, person, sources, submission, world};

/// Submits the same draft this many times. Returns the number that was accepted, and the refusals.
async fn tries(
    world: &World,
    draft: &RequestDraft,
    times: u8,
    minutes: i64,
) -> (usize, Vec<Error>) {
    let mut refused = Vec::new();
    for number in 0..times {
        let submission = submission("mallory", draft.clone(), 100 + number, minutes);
        refused.extend(submit(world, world, world, submission).await.err());
    }
    (usize::from(times) - refused.len(), refused)
}

#[tokio::test]
async fn a_flood_of_asks_ends_at_the_bound_and_says_how_to_go_on() {
    let world = world();
    let (asked, refused) = tries(&world, &draft("orders-read"), 40, 0).await;
    assert_eq!(asked, MAX_FOR_ENTITLEMENT);
    let told = refused[0].to_string();
    assert_eq!(
        told,
        "you have 10 requests for `orders-read` that are not over; cancel one, give one back, or wait"
    );
    assert_eq!(world.requests().len(), MAX_FOR_ENTITLEMENT, "what is refused leaves nothing");
    // The requests of others are not counted with it.
    asks(&world, "ann", "orders-read", 1).await;
}

#[tokio::test]
async fn asks_at_the_same_moment_do_not_pass_the_bound_together() {
    let world = world();
    let all = (0..60_u8).map(|number| {
        let submission = submission("mallory", draft("orders-read"), 100 + number, 0);
        submit(&world, &world, &world, submission)
    });
    let asked = join_all(all).await.into_iter().flatten().count();
    assert!(asked <= MAX_FOR_ENTITLEMENT, "{asked}");
    assert_eq!(world.requests().len(), asked);
}

#[tokio::test]
async fn many_entitlements_have_a_bound_together() {
    let world = world();
    let mut asked = 0;
    for entitlement in ["orders-read", "read-all", "deploy"] {
        for number in 0..20_u8 {
            let number = number + 20 * u8::try_from(asked % 7).unwrap();
            let one = submission("mallory", draft(entitlement), number.wrapping_add(60), 0);
            let id = RequestId::from_random([u8::try_from(asked).unwrap(); 10]);
            let one = service::Submission { id, ..one };
            asked += usize::from(submit(&world, &world, &world, one).await.is_ok());
        }
    }
    assert_eq!(asked, MAX_OUTSTANDING);
}

#[tokio::test]
async fn who_gives_back_or_waits_may_ask_again() {
    let world = world();
    tries(&world, &draft("orders-read"), 40, 0).await;
    let taken_back = RequestId::from_random([100; 10]);
    execute(&world, &taken_back, Command::Cancel { by: person("mallory") }, at(1)).await.unwrap();
    let again = submission("mallory", draft("orders-read"), 1, 1);
    assert!(submit(&world, &world, &world, again).await.is_ok());
    let one_more = submission("mallory", draft("orders-read"), 2, 1);
    assert!(submit(&world, &world, &world, one_more).await.is_err());
    // Nobody decides these requests, so they expire.
    world.worker().sweep(at(180), || false).await;
    let later = submission("mallory", draft("orders-read"), 3, 181);
    assert!(submit(&world, &world, &world, later).await.is_ok());
}

#[tokio::test]
async fn a_dry_run_says_that_it_is_one_too_many() {
    let world = world();
    tries(&world, &draft("orders-read"), 40, 0).await;
    let submission = submission("mallory", draft("orders-read"), 1, 0);
    let refused = preview(&world, &world, &world, &submission).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::TooManyOf { .. }))), "{refused:?}");
}

#[tokio::test]
async fn thousands_that_fall_due_in_one_second_cannot_be_asked_for() {
    let world = world();
    let starts_at = Some(at(60));
    let fixed = RequestDraft { starts_at, ..draft("orders-read") };
    tries(&world, &fixed, 150, 0).await;
    let (due, _) = first_due(&world, &Lane::ALL, 1_000, at(61)).await;
    assert_eq!(due.len(), MAX_FOR_ENTITLEMENT);
}

fn burning() -> RequestDraft {
    RequestDraft { urgency: Urgency::BreakGlass, ..draft("orders-read") }
}

#[tokio::test]
async fn glass_is_broken_three_times_a_day_and_no_more() {
    let world = world();
    let (broken, refused) = tries(&world, &burning(), 10, 0).await;
    assert_eq!(broken, MAX_GLASS_BROKEN);
    assert!(
        matches!(
            refused[0],
            Error::Refused(Refusal::BreakGlassTooOften { most: MAX_GLASS_BROKEN })
        ),
        "{refused:?}"
    );
    // A break-glass request counts apart from the other requests, and the count starts again on the
    // next day.
    assert_eq!(tries(&world, &draft("read-all"), 1, 1).await.0, 0, "the number is taken");
    asks(&world, "mallory", "read-all", 1).await;
    let tomorrow = submission("mallory", burning(), 2, 24 * 60);
    assert!(submit(&world, &world, &world, tomorrow).await.is_ok());
}

/// A rule that forbids all requests during an incident.
const SHUT: &str = r#"
    @id("shut") @reason("an incident is being looked at") @advice("wait until it is over")
    forbid (principal, action == Action::"request", resource);"#;

async fn breaks(sources: Sources) -> Result<Status, Error> {
    let world = World::with_rules(sources.check().unwrap());
    let (request, _) =
        submit(&world, &world, &world, submission("mallory", burning(), 1, 0)).await?;
    Ok(world.worker().settle(request.id(), at(1)).await.unwrap().status())
}

#[tokio::test]
async fn glass_is_not_broken_around_a_rule_that_forbids_asking() {
    let Err(Error::Denied(reasons)) = breaks(sources(SHUT)).await else {
        panic!("it is forbidden to ask for it")
    };
    assert_eq!(reasons[0].reason, "an incident is being looked at");
    assert_eq!(reasons.len(), 1);
    let spared = SHUT.replace("forbid", "@except(\"breakGlass\") forbid");
    assert_eq!(breaks(sources(&spared)).await.unwrap(), Status::Active);
    assert_eq!(breaks(sources("")).await.unwrap(), Status::Active);
}

#[tokio::test]
async fn her_own_request_is_not_approved_by_herself_whatever_arn_she_comes_with() {
    let world = world();
    asks(&world, "mallory", "orders-read", 1).await;
    let refused = approves(&world, "mallory", &id(1)).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::OwnRequest))), "{refused:?}");
    assert_eq!(world.requests()[0].status(), Status::Pending);
}

#[tokio::test]
async fn the_count_is_kept_by_person_and_not_by_request() {
    // Each person has a row of their own, so the requests of others do not count.
    let world = world();
    tries(&world, &draft("orders-read"), 40, 0).await;
    let hers = world.outstanding(&person("mallory")).await.unwrap();
    assert_eq!((hers.requests.len(), hers.version), (MAX_FOR_ENTITLEMENT, 10));
    let anns = world.outstanding(&person("ann")).await.unwrap();
    assert_eq!(anns, Outstanding::nothing(person("ann")));
    assert_eq!(hers.ids().len(), hers.ids().iter().collect::<BTreeSet<_>>().len());
}

/// Mallory's access is open for an hour, and then her IAM user is renamed: she has found somebody
/// who may rename users.
async fn renamed_while_it_is_open(entitlement: &str) -> World {
    let world = world();
    asks(&world, "mallory", entitlement, 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    world.worker().settle(&id(1), at(0)).await.unwrap();
    world.rename_user("mallory", "mallory-of-old");
    world
}

#[tokio::test]
async fn a_renamed_user_keeps_no_managed_policy() {
    let world = renamed_while_it_is_open("read-all").await;
    assert_eq!(world.attached_policies().len(), 1);
    world.worker().sweep(at(61), || false).await;
    assert!(world.attached_policies().is_empty() && world.marks().is_empty());
    assert_eq!(world.requests()[0].status(), Status::Ended);
}

#[tokio::test]
async fn what_is_taken_from_a_renamed_user_is_taken_at_once() {
    let world = renamed_while_it_is_open("orders-read").await;
    assert_eq!(world.policies().len(), 1);
    let answer = revocation(&world).await;
    execute(&world, &id(1), Command::Revoke(answer), at(2)).await.unwrap();
    world.worker().settle(&id(1), at(2)).await.unwrap();
    assert!(world.policies().is_empty());
    assert_eq!(world.requests()[0].status(), Status::Revoked);
}

/// The statement with which Bob ends it.
async fn revocation(world: &World) -> domain::request::Statement {
    let (_, history) = world.history(&id(1)).await.unwrap().unwrap();
    let domain::request::Event::Approved(answer) = &history[1].event else {
        unreachable!("{history:?}")
    };
    answer.clone()
}

#[tokio::test]
async fn a_managed_policy_is_not_attached_a_second_before_its_start() {
    let world = world();
    let later = RequestDraft { starts_at: Some(at(60)), ..draft("read-all") };
    submit(&world, &world, &world, submission("mallory", later, 1, 0)).await.unwrap();
    approves(&world, "bob", &id(1)).await.unwrap();
    for minutes in [57, 58, 59] {
        world.worker().sweep(at(minutes), || false).await;
        assert!(world.attached_policies().is_empty(), "attached at minute {minutes}");
    }
    world.worker().sweep(at(60), || false).await;
    assert_eq!(world.attached_policies().len(), 1);
}

#[tokio::test]
async fn what_an_administrator_gave_a_renamed_user_is_not_taken_with_an_old_grant() {
    let world = renamed_while_it_is_open("read-all").await;
    world.worker().sweep(at(61), || false).await;
    assert!(world.attached_policies().is_empty());
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
    world.attach_by_hand("mallory-of-old", &policy);
    // A request whose user is renamed before it opens fails, because the old name is gone.
    asks(&world, "ann", "read-all", 3).await;
    world.rename_user("ann", "ann-of-old");
    world.attach_by_hand("ann-of-old", &policy);
    approves(&world, "bob", &id(3)).await.unwrap();
    world.worker().settle(&id(3), at(2)).await.unwrap();
    assert!(world.requests().iter().any(|request| request.status() == Status::Failed));
    assert_eq!(world.attached_policies().len(), 2, "law 7: {:?}", world.attached_policies());
}

#[tokio::test]
async fn a_session_that_was_revoked_counts_until_its_bar_is_lifted() {
    let world = world();
    for number in 0..12_u8 {
        let asked =
            submit(&world, &world, &world, submission("mallory", draft("deploy"), number, 0));
        let Ok((request, _)) = asked.await else { continue };
        approves(&world, "bob", request.id()).await.unwrap();
        world.worker().settle(request.id(), at(0)).await.unwrap();
        mints(&world, "mallory", request.id(), 1).await.unwrap();
        let (_, history) = world.history(request.id()).await.unwrap().unwrap();
        let domain::request::Event::Approved(answer) = history[1].event.clone() else {
            unreachable!()
        };
        execute(&world, request.id(), Command::Revoke(answer), at(1)).await.unwrap();
        world.worker().settle(request.id(), at(1)).await.unwrap();
    }
    let policies = world.policies();
    assert_eq!(policies.len(), 1, "one policy keeps all of them out");
    let barred = domain::grant::PolicyDocument::barred_by(&policies[0].1).unwrap();
    assert_eq!(barred.len(), MAX_FOR_ENTITLEMENT, "so many bars, and no more");
}
