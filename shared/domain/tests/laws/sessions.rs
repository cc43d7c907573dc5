//! Credentials: the person they are for, their lifetime, and their bars.

use domain::request::{Approval, Command, Effect, Refusal, Request, State, Status, Terms};
use jiff::{SignedDuration, Timestamp};

use crate::people::{ELSEWHERE, HERE, call, opened, owners, person, revoke, session, start, terms};

fn at(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

/// An open request of Ann's for an hour of a role in this account.
fn open(account: &str) -> Request {
    let (request, _) = opened(Terms { grant: session(account), ..terms(Approval::Rule) });
    request.after(Command::Opened, start()).unwrap().0
}

/// A request of Ann's that nobody has approved yet.
fn waiting() -> Request {
    opened(Terms { grant: session(HERE), ..terms(owners(1)) }).0
}

fn mint(name: &str) -> Command {
    Command::Mint { by: person(name), call: call() }
}

#[test]
fn credentials_are_for_whoever_asked_while_the_window_lasts_and_for_nobody_else() {
    let active = open(HERE);
    let window = active.window().unwrap();
    let (minted, entries) = active.clone().after(mint("ann"), at(1)).unwrap();
    assert_eq!((entries.len(), entries[0].event.kind()), (1, "minting"));
    let (again, entries) = minted.after(mint("ann"), at(59)).unwrap();
    assert_eq!((entries.len(), again.status()), (1, Status::Active), "each is an entry of its own");
    assert_eq!(
        active.decide(mint("bob"), at(1)),
        Err(Refusal::NotYours { requester: person("ann") })
    );
    let over = Refusal::WindowOver { ended_at: window.ends_at() };
    assert_eq!(active.decide(mint("ann"), window.ends_at()), Err(over), "law 17");
    let (activating, _) = opened(Terms { grant: session(HERE), ..terms(Approval::Rule) });
    let early = activating.decide(mint("ann"), start());
    assert_eq!(early, Err(Refusal::NotOpenYet { starts_at: window.starts_at() }));
    let (revoking, _) = active.after(revoke("bob"), at(2)).unwrap();
    for (closed, status) in [(revoking, Status::Revoking), (waiting(), Status::Pending)] {
        assert_eq!(closed.decide(mint("ann"), at(3)), Err(Refusal::NotOpen { status }));
    }
    let (inline, _) = opened(terms(Approval::Rule));
    let (inline, _) = inline.after(Command::Opened, start()).unwrap();
    assert_eq!(inline.decide(mint("ann"), at(1)), Err(Refusal::NoSession));
}

#[test]
fn a_session_lives_for_what_is_left_and_where_it_cannot_be_barred_only_briefly() {
    let window = open(HERE).window().unwrap();
    let life = |account, minutes| open(account).session_lifetime(window, at(minutes)).as_mins();
    assert_eq!((life(HERE, 0), life(HERE, 20), life(HERE, 59)), (60, 40, 15));
    assert_eq!((life(ELSEWHERE, 0), life(ELSEWHERE, 59)), (15, 15));
}

#[test]
fn revoked_sessions_are_barred_until_the_last_of_them_has_died() {
    let (minted, _) = open(HERE).after(mint("ann"), at(40)).unwrap();
    let (revoking, _) = minted.after(revoke("bob"), at(41)).unwrap();
    // The session has 20 minutes left, and 5 more for a call on its way, but it is worth nothing
    // after the window. The bar stands 15 minutes longer: a session may live for that long after
    // the window.
    let until = at(75);
    assert_eq!(revoking.effect(at(41)), Some(Effect::Bar(until)));
    let (revoked, _) = revoking.after(Command::Barred(until), at(41)).unwrap();
    let due_at = revoked.due_at().unwrap();
    assert_eq!((revoked.status(), due_at), (Status::Revoked, at(41)), "each sweep sees to it");
    assert_eq!(revoked.effect(at(74)), Some(Effect::KeepBarred));
    assert_eq!(revoked.effect(until), Some(Effect::Lift));
    assert!(revoked.decide(mint("ann"), at(42)).is_err(), "law 12");
    let (lifted, entries) = revoked.after(Command::Lifted, until).unwrap();
    assert_eq!((entries[0].event.kind(), lifted.status()), ("lifted", Status::Revoked));
    assert_eq!((lifted.due_at(), lifted.effect(until)), (None, None));
}

#[test]
fn what_nothing_can_bar_counts_as_closed_only_once_it_has_died() {
    let (minted, _) = open(ELSEWHERE).after(mint("ann"), at(1)).unwrap();
    let (revoking, _) = minted.after(revoke("ann"), at(2)).unwrap();
    assert_eq!((revoking.status(), revoking.due_at()), (Status::Revoking, Some(at(21))));
    assert_eq!(revoking.effect(at(20)), None);
    assert!(matches!(revoking.effect(at(21)), Some(Effect::EnsureGone(_))));
    let (revoked, _) = revoking.after(Command::Closed, at(21)).unwrap();
    assert!(matches!(revoked.state(), State::Revoked { barred_until: None, .. }));
}
