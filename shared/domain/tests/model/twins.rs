//! The sound model keeps every law; each twin breaks the one it was broken for.

use stateright::{Checker, Model};

use crate::{
    steps::{Life, Step, Twin},
    world::Kind,
};

/// More states than the largest sound model has.
const ENOUGH: usize = 30_000_000;

fn keeps_every_law(kind: Kind, requests: usize) {
    let life = Life { kind, requests, twin: Twin::Sound };
    let checker = life.checker().threads(2).target_state_count(ENOUGH).spawn_bfs().join();
    for (law, path) in checker.discoveries() {
        unkept(law, &path.into_actions());
    }
    assert!(checker.unique_state_count() > 1_000, "this looks at nothing");
    assert!(checker.state_count() < ENOUGH, "there is more than was looked at");
}

/// Asserts that the twin breaks this law, in 32 steps at most.
fn breaks(law: &str, twin: Twin, kind: Kind) {
    // One request is enough, except to show the effect of ending one request on another.
    let requests = if twin == Twin::TakesAlways { 2 } else { 1 };
    let checker = Life { kind, requests, twin }.checker().spawn_bfs().join();
    let broken = checker.discoveries().into_iter().find(|(name, _)| name.starts_with(law));
    let steps = broken.unwrap_or_else(|| unbroken(law)).1.into_actions();
    assert!((1..=32).contains(&steps.len()), "nobody reads {} steps: {steps:?}", steps.len());
}

#[expect(clippy::panic, reason = "this is how a test fails, with all that happened")]
fn unkept(law: &str, steps: &[Step]) {
    panic!("{law}, but for this: {steps:?}")
}

#[expect(clippy::panic, reason = "this is how a test fails")]
fn unbroken<T>(law: &str) -> T {
    panic!("{law} holds though it was broken by hand")
}

#[test]
fn inline_policies_keep_every_law() {
    keeps_every_law(Kind::Inline, 2);
}

#[test]
fn managed_policies_keep_every_law() {
    keeps_every_law(Kind::Managed, 2);
}

#[test]
fn managed_policies_that_were_there_before_keep_every_law() {
    keeps_every_law(Kind::Found, 2);
}

#[test]
fn sessions_keep_every_law() {
    keeps_every_law(Kind::Session, 2);
}

#[test]
fn each_law_that_is_broken_by_hand_is_found_broken() {
    for (law, twin, kind) in [
        ("law 1:", Twin::NoFence, Kind::Inline),
        ("law 2:", Twin::PutFirst, Kind::Inline),
        ("law 3:", Twin::FenceFromNow, Kind::Inline),
        ("law 4:", Twin::RecordsOnly, Kind::Inline),
        ("law 4:", Twin::RecordsOnly, Kind::Managed),
        ("law 5:", Twin::OpensLate, Kind::Inline),
        ("law 6:", Twin::TakesAlways, Kind::Managed),
        ("law 7:", Twin::ThinksItsOurs, Kind::Found),
        ("law 8:", Twin::Overwrites, Kind::Inline),
        ("law 16 and 20:", Twin::GivesUp, Kind::Inline),
        ("law 17:", Twin::NoBar, Kind::Session),
        ("law 18:", Twin::Overwrites, Kind::Inline),
    ] {
        breaks(law, twin, kind);
    }
}
