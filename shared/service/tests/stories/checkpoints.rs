//! Making checkpoints: everything is in exactly one, whatever is late, doubled or cut short.

use domain::{
    checkpoint::{SignedStatement, Statement, unpacked},
    history::{Actor, Chain, RawEntry},
    request::{Entry, Event},
    value::RequestId,
};
use jiff::{SignedDuration, Timestamp};
use service::{
    Checkpointed, Checkpointer, fill, find_gaps,
    ports::{Arrived, Ledger, Store},
};
use testing::{Cut, World};

use crate::people::{approved, at, world};

/// The first entry of the history of this number.
fn entry(number: u8, minutes: i64) -> RawEntry {
    let id = RequestId::from_random([number; 10]);
    let entry = Entry::next(Chain::START, &id, at(minutes), Actor::System, Event::Expired);
    entry.to_line().parse().unwrap()
}

fn arrives(world: &World, number: u8, minutes: i64) {
    world.arrives(Arrived { at: at(minutes), line: entry(number, minutes) });
}

async fn makes(world: &World, now: Timestamp) -> Checkpointed {
    maker(world).checkpoint(now).await.unwrap()
}

fn maker(world: &World) -> Checkpointer<'_, World, World, World> {
    Checkpointer { record: world, checkpoints: world, signer: world, log: "1:eu:p" }
}

/// The statements in the bucket.
fn statements(world: &World) -> Vec<Statement> {
    let files = world.files().into_iter().filter(|(name, _)| name.ends_with(".statement"));
    files.map(|(_, file)| SignedStatement::read(&file).unwrap().statement).collect()
}

/// The histories in the segments that statements name, sorted.
fn covered(world: &World) -> Vec<String> {
    let files = world.files();
    let names: Vec<_> = statements(world).iter().filter_map(Statement::segment_name).collect();
    let segments = files.iter().filter(|(name, _)| names.contains(name));
    let texts: Vec<_> = segments.map(|(_, packed)| unpacked(packed).unwrap()).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    let mut covered: Vec<_> =
        lines.map(|line| line.parse::<RawEntry>().unwrap().history.to_string()).collect();
    covered.sort();
    covered
}

fn histories(numbers: &[u8]) -> Vec<String> {
    let name = |number: &u8| entry(*number, 0).history.to_string();
    numbers.iter().map(name).collect()
}

#[tokio::test]
async fn what_arrived_since_is_covered_once_and_counted() {
    let world = World::default();
    arrives(&world, 1, 0);
    arrives(&world, 2, 1);
    assert_eq!(makes(&world, at(2)).await, Checkpointed::Made { number: 1, lines: 2 });
    arrives(&world, 3, 3);
    assert_eq!(makes(&world, at(7)).await, Checkpointed::Made { number: 2, lines: 1 });
    assert_eq!(makes(&world, at(12)).await, Checkpointed::Nothing);
    assert_eq!(covered(&world), histories(&[1, 2, 3]));
    let [first, second] = statements(&world).try_into().unwrap();
    assert_eq!((first.total, second.total, second.lines), (2, 3, 1));
    assert_eq!((second.through, second.log.as_str()), (at(7), "1:eu:p"));
}

#[tokio::test]
async fn an_hour_without_entries_has_a_checkpoint_all_the_same() {
    let world = World::default();
    assert_eq!(makes(&world, at(0)).await, Checkpointed::Made { number: 1, lines: 0 });
    assert_eq!(makes(&world, at(59)).await, Checkpointed::Nothing);
    assert_eq!(makes(&world, at(60)).await, Checkpointed::Made { number: 2, lines: 0 });
    assert!(world.files().iter().all(|(name, _)| name.ends_with(".statement")), "no segment");
}

#[tokio::test]
async fn a_row_that_is_seen_late_goes_into_the_next_one() {
    let world = World::default();
    arrives(&world, 1, 0);
    makes(&world, at(5)).await;
    // It had arrived before, but the index did not show it.
    arrives(&world, 2, 4);
    assert_eq!(makes(&world, at(10)).await, Checkpointed::Made { number: 2, lines: 1 });
    assert_eq!(covered(&world), histories(&[1, 2]));
}

#[tokio::test]
async fn a_row_that_is_seen_very_late_goes_into_the_first_one_of_the_next_day() {
    let world = World::default();
    arrives(&world, 1, 0);
    makes(&world, at(5)).await;
    for hour in 1..10 {
        makes(&world, at(5 + 60 * hour)).await;
    }
    arrives(&world, 2, 4);
    let next_day = at(0) + SignedDuration::from_hours(20);
    assert_eq!(makes(&world, next_day).await, Checkpointed::Made { number: 11, lines: 1 });
    assert_eq!(covered(&world), histories(&[1, 2]));
}

#[tokio::test]
async fn cut_short_at_any_step_the_next_one_covers_everything_once() {
    for cut_at in [Cut::Before as fn(usize) -> Cut, Cut::After] {
        for steps in 0..12 {
            let world = World::default();
            arrives(&world, 1, 0);
            makes(&world, at(1)).await;
            arrives(&world, 2, 2);
            world.cut(Some(cut_at(steps)));
            _ = maker(&world).checkpoint(at(6)).await;
            world.cut(None);
            arrives(&world, 3, 8);
            makes(&world, at(11)).await;
            assert_eq!(covered(&world), histories(&[1, 2, 3]), "law 22: {steps}");
            let numbers: Vec<_> = statements(&world).iter().map(|one| one.number).collect();
            assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{steps}: {numbers:?}");
        }
    }
}

#[tokio::test]
async fn of_two_at_once_each_covers_what_the_other_does_not() {
    let world = World::default();
    for number in 1..20 {
        arrives(&world, number, 0);
    }
    let (one, other) = (maker(&world), maker(&world));
    let (one, other) = tokio::join!(one.checkpoint(at(1)), other.checkpoint(at(1)));
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(statements(&world).iter().map(|one| one.lines).sum::<u64>(), 19);
    assert_eq!(covered(&world).len(), 19);
}

#[tokio::test]
async fn what_the_stream_has_lost_is_found_and_copied_and_nothing_else_is_touched() {
    let world = world();
    let id = approved(&world, "orders-read", 1).await;
    let (_, history) = world.history(&id).await.unwrap().unwrap();
    let lines: Vec<RawEntry> =
        history.iter().map(|entry| entry.to_line().parse().unwrap()).collect();
    world.append(&lines[0], at(1)).await.unwrap();
    let gaps = find_gaps(&world, &world, |_| ()).await.unwrap();
    assert_eq!((gaps.compared, &gaps.missing[..]), (lines.len(), &lines[1..]));
    assert!(gaps.different.is_empty() && gaps.unread.is_empty());
    assert_eq!(world.ledger(), [lines[0].clone()], "it only compared");

    world.cut(Some(Cut::Before(1)));
    fill(&world, &gaps.missing, || at(2)).await.unwrap_err();
    world.cut(None);
    assert_eq!(fill(&world, &gaps.missing, || at(3)).await.unwrap(), gaps.missing.len() - 1);
    assert_eq!(world.ledger(), lines, "begun again, it goes on");
    assert!(find_gaps(&world, &world, |_| ()).await.unwrap().missing.is_empty());
}

#[tokio::test]
async fn another_entry_in_the_place_of_one_is_named_and_stays() {
    let world = world();
    let id = approved(&world, "orders-read", 1).await;
    let own = Entry::next(Chain::START, &id, at(0), Actor::System, Event::Expired);
    let own: RawEntry = own.to_line().parse().unwrap();
    world.append(&own, at(1)).await.unwrap();
    let gaps = find_gaps(&world, &world, |_| ()).await.unwrap();
    assert_eq!(gaps.different.len(), 1);
    fill(&world, &gaps.missing, || at(2)).await.unwrap();
    assert!(world.ledger().contains(&own), "what is on record is never replaced");
}
