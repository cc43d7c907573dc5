//! An attacker who can write rows of the requests table, with the role of `intake`, `approval` or
//! `session` and nothing else.

use std::collections::BTreeSet;

use domain::{
    grant::Grant,
    history::{Actor, Drift},
    request::{
        Approval, Channel, Command, Entry, Event, Request, Shown, Statement, Status, Step, Steps,
        Terms, Unproven, Verdict,
    },
    value::{Basis, CallContext, Digest},
};
use jiff::SignedDuration;
use serde_json::json;
use service::{Error, Mode, ports::Rulebook, ports::Store};
use testing::World;

use crate::company::{
    approves, asks, at, call, id, imagined, mints, overwritten, person, rules, timeline, world,
};

/// The drift that a reconciliation finds and puts on record.
async fn found(world: &World, minutes: i64) -> Vec<Drift> {
    let look = Mode::Repair(Actor::System);
    world.worker().reconcile(look, at(minutes)).await.unwrap().found
}

async fn stored(world: &World, number: u8) -> (Request, Vec<Entry>) {
    world.history(&id(number)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_row_that_says_approved_without_a_history_opens_nothing_and_is_told() {
    let world = world();
    asks(&world, "mallory", "orders-read", 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    let (approved, _) = stored(&world, 1).await;
    world.forge(approved, Vec::new());
    let swept = world.worker().sweep(at(1), || false).await;
    assert!(
        matches!(&swept.failed[..], [(_, Error::Unproven(Unproven::NoBeginning))]),
        "{swept:?}"
    );
    assert!(world.policies().is_empty());
    assert!(
        matches!(&found(&world, 1).await[..], [Drift::Unproven { request, .. }] if *request == id(1))
    );
    assert_eq!(world.drift().len(), 1, "it is on record");
}

#[tokio::test]
async fn a_row_that_says_open_until_2099_gives_no_credentials() {
    let world = world();
    asks(&world, "mallory", "deploy", 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    world.worker().settle(&id(1), at(0)).await.unwrap();
    let (active, history) = stored(&world, 1).await;
    let until = json!("2099-01-01T00:00:00Z");
    world.forge(overwritten(&active, "/state/window/ends_at", until), history);
    let refused = mints(&world, "mallory", &id(1), 1).await;
    assert!(matches!(refused, Err(Error::Unproven(Unproven::Stored(_)))), "{refused:?}");
    assert!(world.sessions().is_empty());
    assert_eq!(timeline(&world, &id(1)).await, "asked approved activating activated");
}

#[tokio::test]
async fn a_role_that_no_entry_grants_is_not_given_out_though_its_history_is_whole() {
    let world = world();
    let asked = asks(&world, "mallory", "deploy", 1).await;
    let role = "arn:aws:iam::000000000000:role/admin".parse().unwrap();
    let (external_id, policies) = (None, BTreeSet::new());
    let grant = Grant::Session { role, here: true, external_id, policy: None, policies };
    let (forged, mut history) =
        Request::open(&id(1), Terms { grant, ..asked.terms().clone() }, at(0)).unwrap();
    let yes = yes(&forged, "bob");
    history.extend(imagined(forged.clone(), &[yes, Command::Opened], at(0)));
    let forged = history.iter().skip(1).fold(forged, Request::apply);
    world.forge(forged, history);
    let refused = mints(&world, "mallory", &id(1), 1).await;
    assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    assert!(world.sessions().is_empty());
}

#[tokio::test]
async fn approvers_that_the_rules_do_not_name_open_nothing() {
    let world = world();
    let asked = asks(&world, "mallory", "orders-read", 1).await;
    let approvers = [person("ann")].into();
    let step = Step { name: "approval".to_owned(), approvers, quorum: 1 };
    let Approval::People { decide_by, nudges, .. } = asked.terms().approval.clone() else {
        panic!("people decide about it")
    };
    let approval = Approval::People { steps: Steps(vec![step]), decide_by, nudges };
    opens_nothing(&world, Terms { approval, ..asked.terms().clone() }, Some("ann")).await;
}

#[tokio::test]
async fn an_ask_that_says_a_rule_approves_it_opens_nothing() {
    let world = world();
    let asked = asks(&world, "mallory", "orders-read", 1).await;
    let terms = Terms { approval: Approval::Rule, ..asked.terms().clone() };
    opens_nothing(&world, terms, None).await;
}

#[tokio::test]
async fn an_ask_for_longer_than_the_entry_allows_opens_nothing() {
    let world = world();
    let asked = asks(&world, "mallory", "orders-read", 1).await;
    let terms = Terms { duration: "900h".parse().unwrap(), ..asked.terms().clone() };
    opens_nothing(&world, terms, Some("bob")).await;
}

#[tokio::test]
async fn an_ask_for_somebody_elses_user_opens_nothing() {
    let world = world();
    let asked = asks(&world, "mallory", "orders-read", 1).await;
    let Grant::InlinePolicy { policy, .. } = asked.terms().grant.clone() else {
        panic!("an inline policy")
    };
    let on = domain::grant::Principal::User("root-of-all".parse().unwrap());
    let terms = Terms { grant: Grant::InlinePolicy { on, policy }, ..asked.terms().clone() };
    opens_nothing(&world, terms, Some("bob")).await;
}

/// Forges a whole history of these terms, with a yes of this person if one is needed. Checks that
/// the sweep refuses it by the rules, on record.
async fn opens_nothing(world: &World, terms: Terms, yes_by: Option<&str>) {
    let (opened, mut history) = Request::open(&id(1), terms, at(0)).unwrap();
    let commands: Vec<_> = yes_by.map(|who| yes(&opened, who)).into_iter().collect();
    history.extend(imagined(opened.clone(), &commands, at(0)));
    let known = usize::try_from(opened.version()).unwrap();
    let forged = history.iter().skip(known).fold(opened, Request::apply);
    assert_eq!(forged.status(), Status::Activating);
    world.forge(forged, history);
    let swept = world.worker().sweep(at(1), || false).await;
    assert!(swept.failed.is_empty(), "{swept:?}");
    assert!(world.policies().is_empty());
    assert!(timeline(world, &id(1)).await.ends_with("activating failed"));
}

#[tokio::test]
async fn a_revocation_is_not_undone_by_putting_the_older_row_back() {
    let world = world();
    asks(&world, "mallory", "deploy", 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    world.worker().settle(&id(1), at(0)).await.unwrap();
    let (active, mut history) = stored(&world, 1).await;
    let revoked = Command::Revoke(an_answer("bob", &active));
    let (_, entries) = active.clone().after(revoked, at(1)).unwrap();
    history.extend(entries);
    world.forge(active, history);
    let refused = mints(&world, "mallory", &id(1), 2).await;
    assert!(matches!(refused, Err(Error::Unproven(_))), "{refused:?}");
    assert!(world.sessions().is_empty());
}

#[tokio::test]
async fn somebody_elses_request_under_another_name_gives_nothing() {
    let world = world();
    asks(&world, "ann", "deploy", 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    world.worker().settle(&id(1), at(0)).await.unwrap();
    let (active, history) = stored(&world, 1).await;
    world.forge(overwritten(&active, "/ask/requester", json!("mallory@example.com")), history);
    let refused = mints(&world, "mallory", &id(1), 1).await;
    assert!(matches!(refused, Err(Error::Unproven(_))), "{refused:?}");
    assert!(world.sessions().is_empty());
}

#[tokio::test]
async fn a_window_moved_into_the_next_century_is_not_believed() {
    let world = world();
    let asked = asks(&world, "mallory", "deploy", 1).await;
    let later = at(0) + SignedDuration::from_hours(24 * 365);
    let call = CallContext { at: later, ..asked.terms().call };
    let terms = Terms { approval: Approval::Rule, call, ..asked.terms().clone() };
    let (opened, mut history) = Request::open(&id(1), terms, later).unwrap();
    let (opened, entries) = opened.after(Command::Opened, later).unwrap();
    history.extend(entries);
    world.forge(opened, history);
    let refused = mints(&world, "mallory", &id(1), 1).await;
    assert!(matches!(refused, Err(Error::Unproven(Unproven::Future(..)))), "{refused:?}");
}

#[tokio::test]
async fn a_policy_that_somebody_widened_is_not_put_back_for_a_forged_row() {
    let world = world();
    asks(&world, "mallory", "orders-read", 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    world.worker().settle(&id(1), at(0)).await.unwrap();
    let (name, document) = world.policies().remove(0);
    let name = name.strip_prefix("mallory/").unwrap();
    let (active, _) = stored(&world, 1).await;
    world.put_by_hand("mallory", name, &document.replace("s3:GetObject", "s3:*"));
    world.forge(active, Vec::new());
    assert!(matches!(&found(&world, 2).await[..], [Drift::Edited { .. }]));
    assert!(world.policies().is_empty(), "what may not be open is taken away");
}

#[tokio::test]
async fn a_forged_row_is_closed_like_any_other() {
    let world = world();
    asks(&world, "mallory", "orders-read", 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    world.worker().settle(&id(1), at(0)).await.unwrap();
    let (active, _) = stored(&world, 1).await;
    world.forge(active, Vec::new());
    _ = world.worker().sweep(at(61), || false).await;
    assert!(world.policies().is_empty(), "closing asks for no proof");
}

#[tokio::test]
async fn what_a_whole_forged_history_can_do_is_what_its_approver_could_have_done() {
    // This attack remains possible: an attacker who can write entries can write Bob's yes. It opens
    // no more than Bob could have opened, for no longer, and each copy of the entry names him.
    let world = world();
    let asked = asks(&world, "mallory", "orders-read", 1).await;
    let (opened, mut history) = Request::open(&id(1), asked.terms().clone(), at(0)).unwrap();
    history.extend(imagined(opened.clone(), &[yes(&opened, "bob")], at(0)));
    let forged = history.iter().skip(1).fold(opened, Request::apply);
    world.forge(forged, history);
    world.worker().settle(&id(1), at(1)).await.unwrap();
    assert_eq!(timeline(&world, &id(1)).await, "asked approved activating activated");
    let (_, document) = world.policies().remove(0);
    assert!(document.contains("2026-05-04T11:00:00Z"), "{document}");
    assert_eq!(world.current().await.unwrap().digest(), rules().digest());
}

fn yes(request: &Request, by: &str) -> Command {
    let shown = Shown { digest: request.terms().grant.digest(), version: request.version() };
    Command::Decide { verdict: Verdict::Approve, answer: an_answer(by, request), shown }
}

fn an_answer(by: &str, request: &Request) -> Statement {
    let basis = Basis { rule_set: Digest::ZERO, rule_ids: request.terms().basis.rule_ids.clone() };
    let (reason, call) = ("seen and thought about".parse().unwrap(), call(0));
    Statement { by: person(by), reason, channel: Channel::Api, call, basis }
}

/// Readers of the record see the event names.
#[tokio::test]
async fn an_entry_added_by_hand_after_the_last_one_stops_everything_but_closing() {
    let world = world();
    asks(&world, "mallory", "deploy", 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    world.worker().settle(&id(1), at(0)).await.unwrap();
    let (active, mut history) = stored(&world, 1).await;
    let last = history.last().unwrap();
    let more = Entry::next(
        domain::history::Chain::from(last),
        &id(1),
        at(1),
        Actor::System,
        Event::Activated,
    );
    history.push(more);
    world.forge(active, history);
    assert!(matches!(mints(&world, "mallory", &id(1), 1).await, Err(Error::Unproven(_))));
    assert!(world.sessions().is_empty());
}

#[tokio::test]
async fn an_ask_that_pins_fewer_approvers_than_its_rules_name_opens_nothing() {
    // If Bob were the only approver, nobody else would hear that his yes was forged.
    let world = world();
    let asked = asks(&world, "mallory", "orders-read", 1).await;
    let Approval::People { mut steps, decide_by, nudges } = asked.terms().approval.clone() else {
        panic!("people decide about it")
    };
    steps.0[0].approvers.remove(&person("carol"));
    let approval = Approval::People { steps, decide_by, nudges };
    opens_nothing(&world, Terms { approval, ..asked.terms().clone() }, Some("bob")).await;
}

#[tokio::test]
async fn an_ask_that_hides_from_its_approvers_that_something_stays_opens_nothing() {
    let world = world();
    let asked = asks(&world, "mallory", "deploy", 1).await;
    assert!(asked.terms().lasting.is_some());
    opens_nothing(&world, Terms { lasting: None, ..asked.terms().clone() }, Some("bob")).await;
}

#[tokio::test]
async fn an_ask_that_says_it_was_made_at_another_time_is_not_believed() {
    let world = world();
    let asked = asks(&world, "mallory", "deploy", 1).await;
    let call = CallContext { at: at(60 * 24 * 365), ..asked.terms().call };
    let terms = Terms { call, ..asked.terms().clone() };
    let (opened, mut history) = Request::open(&id(1), terms, at(0)).unwrap();
    history.extend(imagined(opened.clone(), &[yes(&opened, "bob"), Command::Opened], at(0)));
    let forged = history.iter().skip(1).fold(opened, Request::apply);
    world.forge(forged, history);
    let refused = mints(&world, "mallory", &id(1), 1).await;
    assert!(matches!(refused, Err(Error::Unproven(Unproven::Stored(_)))), "{refused:?}");
}
