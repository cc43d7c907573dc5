//! Requests and decisions, by the record and the rules in force.

use domain::{
    request::{Cause, Command, Refusal, Review, State, Status, Verdict},
    value::{Digest, RequestId},
};
use rules::judge::Urgency;
use service::{
    Error, Link, LinkToken, Submission, Worker, answer, execute, follow,
    ports::{Committed, IdempotencyKey, Links, Store},
    submit,
};
use testing::World;

use crate::people::{
    ann, ann_asks, ann_asks_with, answers, at, call, draft, id, person, rules, rules_with, says,
    seen, sources, submits, timeline, world,
};

#[tokio::test]
async fn time_never_runs_backwards_in_a_history() {
    let world = world();
    ann_asks(&world).await.unwrap();
    // Bob's clock is a quarter of an hour behind.
    let early = call(-15);
    let request = world.load(&id()).await.unwrap().unwrap();
    let mut deny = says(&request, "bob", Verdict::Deny);
    deny.statement.call = early;
    answer(&world, &world, seen(&world, request.clone()).await, &deny).await.unwrap();
    let (_, history) = world.history(&id()).await.unwrap().unwrap();
    assert!(history.is_sorted_by_key(|entry| entry.at), "{history:?}");
}

#[tokio::test]
async fn an_approver_who_lost_the_right_does_not_decide() {
    let world = world();
    ann_asks(&world).await.unwrap();
    world.publish_rules(rules("\"carol@example.com\""));
    let refused = answers(&world, "bob", Verdict::Approve).await.unwrap_err();
    let Error::Denied(reasons) = refused else { unreachable!("{refused:?}") };
    assert_eq!(
        reasons[0].to_string(),
        "you do not approve this, or not any more; somebody who is named by its steps has to decide"
    );
    assert_eq!(reasons[0].rule.as_str(), "base/only-approvers");
    assert_eq!(timeline(&world).await, "asked");
    assert!(answers(&world, "carol", Verdict::Approve).await.is_ok());
}

#[tokio::test]
async fn a_yes_of_somebody_who_lost_the_right_since_does_not_count() {
    let world = World::with_rules(rules_with("\"bob@example.com\", \"carol@example.com\"", 2));
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.publish_rules(rules("\"carol@example.com\""));
    assert!(matches!(answers(&world, "carol", Verdict::Approve).await, Err(Error::Denied(_))));
    assert_eq!(timeline(&world).await, "asked approved", "one of two, and one too few");
}

#[tokio::test]
async fn a_repeat_is_the_same_request_also_when_it_could_not_be_asked_any_more() {
    let world = world();
    let key = |body: &str| {
        let (caller, body) = (ann(), Digest::of("test", &body));
        Some(IdempotencyKey { caller, key: "k".to_owned(), body })
    };
    let first = ann_asks_with(&world, key("body")).await.unwrap();
    let mut nothing = sources("\"bob@example.com\"", 1);
    nothing.set("entitlements.toml", "");
    world.publish_rules(nothing.check().unwrap());
    assert_eq!(ann_asks_with(&world, key("body")).await.unwrap().id(), first.id());
    assert!(matches!(ann_asks_with(&world, key("other")).await, Err(Error::KeyReused)));
    assert!(matches!(ann_asks(&world).await, Err(Error::Denied(_))));
    let used = key("body").unwrap();
    let remembered = async |minutes| world.earlier_use(&used, at(minutes)).await.unwrap().is_some();
    assert!(remembered(24 * 60).await && !remembered(24 * 60 + 1).await, "for a day");
}

#[tokio::test]
async fn a_stale_commit_is_lost_and_decided_again() {
    let world = world();
    let asked = ann_asks(&world).await.unwrap();
    let cancel = Command::Cancel { by: person("ann") };
    let (cancelled, entries) = asked.clone().after(cancel, at(1)).unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    let outcome = world.commit(asked.version(), &cancelled, &entries).await.unwrap();
    assert_eq!(outcome, Committed::Lost);
    assert_eq!(timeline(&world).await, "asked approved activating");
    let late = execute(&world, &id(), Command::Cancel { by: person("ann") }, at(1)).await;
    assert!(matches!(late, Err(Error::Refused(_))), "{late:?}");
}

#[tokio::test]
async fn a_link_of_one_request_does_not_open_another_and_ends_with_its_deadline() {
    let world = world();
    ann_asks(&world).await.unwrap();
    let token = LinkToken::from_random(id(), [7; 32]);
    let record = async |request: RequestId| {
        let (approver, expires_at) = (person("bob"), at(120));
        let zone = jiff::tz::TimeZone::UTC;
        let link = Link { digest: token.digest(), request, approver, zone, expires_at };
        world.record(&link).await.unwrap();
    };
    record(RequestId::from_random([2; 10])).await;
    assert_eq!(follow(&world, &token, at(1)).await.unwrap(), None, "it is about another request");
    record(id()).await;
    assert!(follow(&world, &token, at(119)).await.unwrap().is_some());
    assert_eq!(follow(&world, &token, at(120)).await.unwrap(), None, "over at its end");
}

#[tokio::test]
async fn without_published_rules_nobody_asks() {
    let nothing = World::default();
    assert!(matches!(ann_asks(&nothing).await, Err(Error::Fault(_))));
    assert!(nothing.requests().is_empty());
}

#[tokio::test]
async fn what_the_rules_approve_opens_without_asking_and_is_judged_again_when_it_does() {
    let world = world();
    let asked = submits(&world, draft("1m"), None).await.unwrap();
    assert_eq!(asked.status(), Status::Activating);
    assert_eq!(timeline(&world).await, "asked activating");
    let mut stricter = sources("\"bob@example.com\"", 1);
    stricter.set("own.cedar", "");
    world.publish_rules(stricter.check().unwrap());
    let settled = world.worker().settle(&id(), at(0)).await.unwrap();
    let State::Failed { cause: Cause::RulesChanged { reasons } } = settled.state() else {
        unreachable!("{settled:?}")
    };
    assert_eq!(*reasons, ["the rules for `orders-read` have changed since this was asked"]);
    assert!(world.policies().is_empty(), "law 11: it was opened by rules that are gone");
}

#[tokio::test]
async fn an_approval_that_lost_its_approver_opens_nothing() {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.publish_rules(rules("\"carol@example.com\""));
    let settled = world.worker().settle(&id(), at(1)).await.unwrap();
    assert_eq!(settled.status(), Status::Failed);
    assert!(world.policies().is_empty());
}

#[tokio::test]
async fn without_readable_rules_nothing_opens_and_everything_closes() {
    let (world, none) = (world(), World::default());
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    let opening = Worker { store: &world, iam: &world, rules: &none }.settle(&id(), at(1)).await;
    assert!(matches!(opening, Err(Error::Fault(_))) && world.policies().is_empty());
    world.worker().settle(&id(), at(1)).await.unwrap();
    assert_eq!(world.policies().len(), 1);
    let closed =
        Worker { store: &world, iam: &world, rules: &none }.settle(&id(), at(61)).await.unwrap();
    assert_eq!(closed.status(), Status::Ended);
    assert!(world.policies().is_empty(), "law 20: closing waits for nobody");
}

#[tokio::test]
async fn broken_glass_opens_at_once_and_is_reviewed_even_if_the_entry_is_gone() {
    let world = world();
    let glass = rules::judge::RequestDraft { urgency: Urgency::BreakGlass, ..draft("1h") };
    submits(&world, glass, None).await.unwrap();
    let open = world.worker().settle(&id(), at(0)).await.unwrap();
    assert_eq!((open.status(), world.policies().len()), (Status::Active, 1));
    world.worker().sweep(at(60), || false).await;
    world.worker().sweep(at(180), || false).await;
    let overdue = world.load(&id()).await.unwrap().unwrap();
    assert_eq!(overdue.review(), Some(&Review::Overdue { review_by: at(180) }));
    let own = answers(&world, "ann", Verdict::Approve).await;
    assert!(matches!(own, Err(Error::Refused(_))), "law 9: {own:?}");
    let mut nothing = sources("\"bob@example.com\"", 1);
    nothing.set("entitlements.toml", "");
    world.publish_rules(nothing.check().unwrap());
    answers(&world, "carol", Verdict::Approve).await.unwrap();
    assert_eq!(timeline(&world).await, "asked activating activated ended review_overdue reviewed");
}

#[tokio::test]
async fn open_access_is_extended_by_a_new_request_and_each_ends_on_its_own() {
    let world = world();
    ann_asks(&world).await.unwrap();
    let longer = rules::judge::RequestDraft { extends: Some(id()), ..draft("1h") };
    let (second, other) = (RequestId::from_random([2; 10]), RequestId::from_random([9; 10]));
    let extends = async |draft: &rules::judge::RequestDraft, minutes: i64| {
        let (caller, draft, call) = (ann(), draft.clone(), call(minutes));
        let submission = Submission {
            caller,
            account: None,
            draft,
            call,
            key: None,
            authenticated: None,
            id: second.clone(),
        };
        submit(&world, &world, &world, submission).await
    };
    let refused = extends(&longer, 1).await;
    let not_open = matches!(refused, Err(Error::Refused(Refusal::NotExtendable { .. })));
    assert!(not_open, "it is only pending: {refused:?}");
    let unknown = rules::judge::RequestDraft { extends: Some(other), ..draft("1h") };
    assert!(matches!(extends(&unknown, 1).await, Err(Error::NotFound)));

    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.worker().settle(&id(), at(1)).await.unwrap();
    let (asked, _) = extends(&longer, 50).await.unwrap();
    assert_eq!((asked.terms().extends.as_ref(), asked.status()), (Some(&id()), Status::Pending));
    let mut yes = says(&asked, "bob", Verdict::Approve);
    yes.statement.call = call(55);
    answer(&world, &world, seen(&world, asked).await, &yes).await.unwrap();
    world.worker().settle(&second, at(55)).await.unwrap();
    assert_eq!(world.policies().len(), 2, "they overlap");
    world.worker().sweep(at(61), || false).await;
    let left = world.policies();
    assert!(left.len() == 1 && left[0].0.contains(second.as_str()), "law 6: {left:?}");
    world.worker().sweep(at(115), || false).await;
    assert!(world.policies().is_empty());
    let over = rules::judge::RequestDraft { extends: Some(second.clone()), ..draft("1h") };
    let over = extends(&over, 120).await;
    assert!(matches!(over, Err(Error::Refused(Refusal::NotExtendable { .. }))), "{over:?}");
}

#[tokio::test]
async fn an_answer_to_what_has_moved_on_is_decided_again_and_not_lost() {
    let approvers = "\"bob@example.com\", \"carol@example.com\"";
    let world = World::with_rules(rules_with(approvers, 2));
    let read = ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    let carols = says(&read, "carol", Verdict::Approve);
    let after = answer(&world, &world, seen(&world, read.clone()).await, &carols).await.unwrap();
    assert_eq!((after.status(), after.decisions().len()), (Status::Activating, 2));
    // A second decision is refused, even if it rests on an old copy of the request.
    let late = answer(&world, &world, seen(&world, read).await, &carols).await;
    assert!(matches!(late, Err(Error::Refused(Refusal::AlreadyAnswered { .. }))), "{late:?}");
    assert_eq!(timeline(&world).await, "asked approved approved activating");
}

#[tokio::test]
async fn an_extension_that_is_asked_twice_with_one_key_is_one_also_when_the_first_is_over() {
    let world = world();
    ann_asks(&world).await.unwrap();
    answers(&world, "bob", Verdict::Approve).await.unwrap();
    world.worker().settle(&id(), at(1)).await.unwrap();
    let extends = async |minutes: i64, id: [u8; 10]| {
        let draft =
            rules::judge::RequestDraft { extends: Some(crate::people::id()), ..draft("1h") };
        let body = Digest::of_bytes("body", &[b"the same"]);
        let key = Some(IdempotencyKey { caller: ann(), key: "longer".to_owned(), body });
        let (caller, call, id) = (ann(), call(minutes), RequestId::from_random(id));
        let account = None;
        let submission = Submission { caller, account, draft, call, key, authenticated: None, id };
        submit(&world, &world, &world, submission).await
    };
    let (first, new) = extends(50, [2; 10]).await.unwrap();
    assert!(new);
    world.worker().sweep(at(61), || false).await;
    let (again, new) = extends(62, [3; 10]).await.unwrap();
    assert_eq!((again.id(), new), (first.id(), false), "law 15");
}
