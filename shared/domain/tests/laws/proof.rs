//! Laws 1 and 3: rows that somebody wrote by hand open nothing.

use domain::{
    history::{Actor, Chain},
    request::{Entry, Event, Proven, Request, Statement, Unproven, Verdict},
    value::{RequestId, Window},
};
use jiff::SignedDuration;

use crate::people::{decide, opened, owners, person, revoke, shown, start, terms};

/// A request of Ann's that Bob has approved, and its whole history.
fn approved() -> (Request, Vec<Entry>) {
    let (request, mut history) = opened(terms(owners(1)));
    let yes = decide("bob", Verdict::Approve, shown(&request));
    let (request, entries) = request.after(yes, start()).unwrap();
    history.extend(entries);
    (request, history)
}

/// The history with these events at its end, each hashed as if it were true.
fn forged(history: &[Entry], events: &[(Actor, Event)]) -> Vec<Entry> {
    let mut forged = history.to_vec();
    for (actor, event) in events {
        let last = forged.last().unwrap();
        forged.push(Entry::next(
            Chain::from(last),
            &last.request,
            last.at,
            actor.clone(),
            event.clone(),
        ));
    }
    forged
}

/// The request that a history leads to if its entries are believed, whatever they say.
fn folded(history: &[Entry]) -> Request {
    let (first, _) = opened(terms(owners(1)));
    history.iter().skip(1).fold(first, Request::apply)
}

fn forever() -> Window {
    Window::opening(start(), "900h".parse().unwrap())
}

/// The stored request with another value at a JSON pointer.
fn overwritten(request: &Request, place: &str, value: serde_json::Value) -> Request {
    let mut stored = serde_json::to_value(request).unwrap();
    *stored.pointer_mut(place).unwrap() = value;
    serde_json::from_value(stored).unwrap()
}

#[test]
fn what_was_asked_and_approved_is_proven_by_its_history() {
    let (request, history) = approved();
    let proven = Proven::of(request.clone(), &history, start()).unwrap();
    assert_eq!(*proven.request(), request);
}

#[test]
fn a_stored_request_without_a_history_is_not_believed() {
    let (request, history) = approved();
    assert_eq!(Proven::of(request.clone(), &[], start()), Err(Unproven::NoBeginning));
    let other = Proven::of(request, &history[1..], start());
    assert_eq!(other, Err(Unproven::NoBeginning));
}

#[test]
fn an_overwritten_window_extends_nothing() {
    let (request, history) = approved();
    let longer = overwritten(
        &request,
        "/state/window/ends_at",
        serde_json::json!(start() + SignedDuration::from_hours(900)),
    );
    let refused = Proven::of(longer, &history, start());
    assert_eq!(refused, Err(Unproven::Stored(request.id().clone())));
}

#[test]
fn an_older_state_put_back_over_a_longer_history_is_not_believed() {
    let (request, mut history) = approved();
    let (_, entries) = request.clone().after(revoke("bob"), start()).unwrap();
    history.extend(entries);
    assert!(Proven::of(request, &history, start()).is_err(), "a revocation was undone");
}

#[test]
fn entries_that_nobody_could_have_caused_are_named_however_well_they_are_hashed() {
    let (_, asked) = opened(terms(owners(1)));
    let (_, approved) = approved();
    let Event::Approved(yes) = approved[1].event.clone() else { panic!("Bob said yes") };
    let window = Window::opening(start(), terms(owners(1)).duration);
    let by_ann = Statement { by: person("ann"), ..yes.clone() };
    let by_erin = Statement { by: person("erin"), ..yes.clone() };
    let opening = (Actor::System, Event::Activating { window });
    for (what, events) in [
        ("without a yes", vec![opening.clone()]),
        (
            "by herself",
            vec![(Actor::Person(person("ann")), Event::Approved(by_ann)), opening.clone()],
        ),
        (
            "by a stranger",
            vec![(Actor::Person(person("erin")), Event::Approved(by_erin)), opening.clone()],
        ),
        (
            "in another's name",
            vec![(Actor::Person(person("carol")), Event::Approved(yes.clone())), opening],
        ),
        (
            "for longer",
            vec![
                (Actor::Person(person("bob")), Event::Approved(yes.clone())),
                (Actor::System, Event::Activating { window: forever() }),
            ],
        ),
        ("opened at once", vec![(Actor::System, Event::Activated)]),
        ("asked twice", vec![(Actor::System, asked[0].event.clone())]),
    ] {
        let history = forged(&asked, &events);
        let refused = Proven::of(folded(&history), &history, start());
        assert!(matches!(refused, Err(Unproven::Impossible(..))), "{what}: {refused:?}");
    }
    let history = forged(&approved, &[(Actor::System, Event::Activating { window: forever() })]);
    assert!(Proven::of(folded(&history), &history, start()).is_err(), "a second window");
}

#[test]
fn a_history_of_another_request_proves_nothing() {
    let (request, history) = approved();
    let id = RequestId::from_random([9; 10]);
    let stolen = overwritten(&request, "/id", serde_json::json!(id));
    assert_eq!(Proven::of(stolen, &history, start()), Err(Unproven::Stored(id)));
}

#[test]
fn what_happens_only_in_a_while_has_not_happened() {
    let (request, history) = approved();
    let earlier = start() - SignedDuration::from_mins(16);
    let id = request.id().clone();
    assert_eq!(Proven::of(request, &history, earlier), Err(Unproven::Future(id, 3)));
}
