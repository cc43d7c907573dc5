//! The audit function, with a delivery that is made once, twice or in part.

#![expect(clippy::unwrap_used, reason = "tests")]

use domain::request::Entry;
use domain::{
    history::{Actor, Chain, HistoryId, RawEntry},
    request::Event,
    value::RequestId,
};
use jiff::Timestamp;
use testing::{Cut, World};

fn id() -> RequestId {
    RequestId::from_random([1; 10])
}

fn now() -> Timestamp {
    "2026-05-04T10:00:00Z".parse().unwrap()
}

fn expired() -> RawEntry {
    let now = now();
    Entry::next(Chain::START, &id(), now, Actor::System, Event::Expired).to_line().parse().unwrap()
}

#[tokio::test]
async fn an_entry_delivered_twice_is_on_record_once() {
    let world = World::default();
    let line = expired();
    for _ in 0..2 {
        audit::handle(&world, &world, std::slice::from_ref(&line), now()).await.unwrap();
    }
    assert_eq!(world.ledger(), [line]);
    let told = (HistoryId::Request(id()), 1);
    assert_eq!(world.announced(), [told.clone(), told], "listeners must not mind");
}

#[tokio::test]
async fn nothing_is_announced_that_is_not_on_record() {
    let (full, listening) = (World::default(), World::default());
    full.cut(Some(Cut::Before(0)));
    assert!(audit::handle(&full, &listening, &[expired()], now()).await.is_err());
    assert!(full.ledger().is_empty() && listening.announced().is_empty());
}

#[tokio::test]
async fn what_is_on_record_is_told_and_the_rest_is_delivered_again() {
    let (ledger, listening) = (World::default(), World::default());
    let first = expired();
    let second = Chain { seq: 1, head: first.hash };
    let second =
        Entry::next(second, &id(), now(), Actor::System, Event::Ended).to_line().parse().unwrap();
    ledger.cut(Some(Cut::Before(1)));
    let (done, _) = audit::handle(&ledger, &listening, &[first, second], now()).await.unwrap_err();
    assert_eq!((done, ledger.ledger().len()), (1, 1));
    assert_eq!(listening.announced(), [(HistoryId::Request(id()), 1)]);
}

#[tokio::test]
async fn an_entry_that_was_changed_where_it_comes_from_is_put_beside_and_counted() {
    let (ledger, listening) = (World::default(), World::default());
    let first = expired();
    assert_eq!(
        audit::handle(&ledger, &listening, std::slice::from_ref(&first), now()).await.unwrap(),
        0
    );
    let later = "2026-05-04T11:00:00Z".parse().unwrap();
    let changed = Entry::next(Chain::START, &id(), later, Actor::System, Event::Ended).to_line();
    let changed: RawEntry = changed.parse().unwrap();
    let conflicts = audit::handle(&ledger, &listening, std::slice::from_ref(&changed), now()).await;
    assert_eq!(conflicts.unwrap(), 1);
    assert_eq!((ledger.ledger(), ledger.beside()), (vec![first], vec![changed]));
    assert_eq!(listening.announced().len(), 2);
}
