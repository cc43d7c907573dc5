//! What the audit function does with a delivery, and with a second one.

use domain::{Actor, Chain, Event, RequestId};
use service::memory::World;

#[tokio::test]
async fn an_entry_delivered_twice_is_on_record_once() {
    let world = World::default();
    let now = "2026-05-04T10:00:00Z".parse().unwrap();
    let id = RequestId::from_random([1; 10]);
    let entry = Chain::START.next(&id, now, Actor::System, Event::Expired);
    for _ in 0..2 {
        audit::handle(&world, &world, entry.clone()).await.unwrap();
    }
    assert_eq!(world.ledger(), [entry]);
    assert_eq!(world.announced(), [(id.clone(), 1), (id, 1)], "listeners must not mind");
}

#[tokio::test]
async fn nothing_is_announced_that_is_not_on_record() {
    let world = World::default();
    world.fail_after(Some(0));
    let now = "2026-05-04T10:00:00Z".parse().unwrap();
    let id = RequestId::from_random([1; 10]);
    let entry = Chain::START.next(&id, now, Actor::System, Event::Expired);
    assert!(audit::handle(&world, &world, entry).await.is_err());
    assert!(world.ledger().is_empty() && world.announced().is_empty());
}
