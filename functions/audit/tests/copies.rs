//! The audit function, with a delivery that is made once, twice or in part.

#![expect(clippy::unwrap_used, reason = "tests")]

use audit::Batch;
use domain::{
    history::{Actor, Chain, HistoryId, RawEntry},
    request::{Entry, Event},
    value::RequestId,
};
use jiff::Timestamp;
use service::ports::Aside;
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

/// A batch of these entries.
fn of<const N: usize>(lines: [&RawEntry; N]) -> Batch {
    Batch { lines: lines.into_iter().cloned().collect(), unread: Vec::new() }
}

/// The first entry of another history.
fn another(number: u8) -> RawEntry {
    let id = RequestId::from_random([number; 10]);
    let entry = Entry::next(Chain::START, &id, now(), Actor::System, Event::Expired);
    entry.to_line().parse().unwrap()
}

#[tokio::test]
async fn an_entry_delivered_twice_is_on_record_once() {
    let world = World::default();
    let line = expired();
    for _ in 0..2 {
        audit::handle(&world, &world, &of([&line]), now()).await.unwrap();
    }
    assert_eq!(world.ledger(), [line]);
    let told = (HistoryId::Request(id()), 1);
    assert_eq!(world.announced(), [told.clone(), told], "listeners must not mind");
}

#[tokio::test]
async fn nothing_is_announced_that_is_not_on_record() {
    let (full, listening) = (World::default(), World::default());
    full.cut(Some(Cut::Before(0)));
    assert!(audit::handle(&full, &listening, &of([&expired()]), now()).await.is_err());
    assert!(full.ledger().is_empty() && listening.announced().is_empty());
}

#[tokio::test]
async fn what_is_on_record_is_told_and_the_rest_is_delivered_again() {
    let (ledger, listening) = (World::default(), World::default());
    let first = expired();
    let second = Chain { seq: 1, head: first.hash };
    let second =
        Entry::next(second, &id(), now(), Actor::System, Event::Ended).to_line().parse().unwrap();
    // The first is on record already, so each is tried alone: both together, the first, the second.
    audit::handle(&ledger, &World::default(), &of([&first]), now()).await.unwrap();
    ledger.cut(Some(Cut::Before(2)));
    let (done, _) =
        audit::handle(&ledger, &listening, &of([&first, &second]), now()).await.unwrap_err();
    assert_eq!((done, ledger.ledger().len()), (1, 1));
    assert_eq!(listening.announced(), [(HistoryId::Request(id()), 1)]);
}

#[tokio::test]
async fn an_entry_that_was_changed_where_it_comes_from_is_put_beside_and_counted() {
    let (ledger, listening) = (World::default(), World::default());
    let first = expired();
    assert_eq!(audit::handle(&ledger, &listening, &of([&first]), now()).await.unwrap(), 0);
    let later = "2026-05-04T11:00:00Z".parse().unwrap();
    let changed = Entry::next(Chain::START, &id(), later, Actor::System, Event::Ended).to_line();
    let changed: RawEntry = changed.parse().unwrap();
    let conflicts = audit::handle(&ledger, &listening, &of([&changed]), now()).await;
    assert_eq!(conflicts.unwrap(), 1);
    assert_eq!((ledger.ledger(), ledger.beside()), (vec![first], vec![changed]));
    assert_eq!(listening.announced().len(), 2);
}

#[tokio::test]
async fn an_entry_that_the_record_never_takes_is_set_aside_and_holds_up_no_other() {
    let world = World::default();
    let (one, poison, other) = (another(1), another(2), another(3));
    world.never_take(&poison);
    let batch = of([&one, &poison, &other]);
    assert_eq!(audit::handle(&world, &world, &batch, now()).await.unwrap(), 1, "an alarm rings");
    assert_eq!(world.ledger(), [one, other]);
    let [Aside { row, cause }] = &world.aside()[..] else { panic!("{:?}", world.aside()) };
    assert!(row.contains(&poison.history.to_string()) && cause.contains("too large"));
    audit::handle(&world, &world, &batch, now()).await.unwrap();
    assert_eq!(world.aside().len(), 1, "twice is once");
}

#[tokio::test]
async fn a_row_that_is_no_entry_is_set_aside_and_holds_up_no_other() {
    let world = World::default();
    let row = Aside { row: "REQ#01 EVENT#1".to_owned(), cause: "no entry".to_owned() };
    let batch = Batch { unread: vec![row.clone()], ..of([&another(1)]) };
    assert_eq!(audit::handle(&world, &world, &batch, now()).await.unwrap(), 1);
    assert_eq!((world.ledger().len(), world.aside()), (1, vec![row]));
}

#[tokio::test]
async fn cut_short_at_any_step_a_batch_that_is_delivered_again_is_on_record_once() {
    for steps in 0..8 {
        let world = World::default();
        let batch = of([&another(1), &another(2), &another(3)]);
        world.cut(Some(Cut::After(steps)));
        let cut_short = audit::handle(&world, &world, &batch, now()).await.is_err();
        world.cut(None);
        if cut_short {
            audit::handle(&world, &world, &batch, now()).await.unwrap();
        }
        assert_eq!((world.ledger().len(), world.beside().len()), (3, 0), "law 16: {steps}");
    }
}
