//! Random lives: any commands, in any order, at any time.

use std::collections::BTreeSet;

use domain::{
    history::{Actor, Chain},
    request::{
        Approval, Cause, Channel, Command, Effect, Entry, Event, Proven, Request, Review, State,
        Status, Verdict,
    },
    value::Digest,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::people::{
    PEOPLE, call, decide_by_way_of, grants, opened, person, revoke, shown, start, terms, ways,
};

/// A step of a random life. Outcomes are reported as a worker would: only of an effect that the
/// request demands.
#[derive(Debug, Clone)]
enum Move {
    Decides(usize, bool, bool, bool),
    Cancels(usize),
    Revokes(usize),
    Mints(usize),
    Tick,
    Reports(bool),
    Waits(u32),
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (0..PEOPLE.len(), any::<bool>(), prop::bool::weighted(0.9), any::<bool>())
            .prop_map(|(who, yes, honest, link)| Move::Decides(who, yes, honest, link)),
        1 => (0..PEOPLE.len()).prop_map(Move::Cancels),
        1 => (0..PEOPLE.len()).prop_map(Move::Revokes),
        2 => (0..PEOPLE.len()).prop_map(Move::Mints),
        2 => Just(Move::Tick),
        4 => prop::bool::weighted(0.9).prop_map(Move::Reports),
        3 => (1_u32..5_000).prop_map(Move::Waits),
    ]
}

fn command(step: &Move, request: &Request, now: Timestamp) -> Option<Command> {
    match *step {
        Move::Decides(who, yes, honest, by_link) => {
            let mut shown = shown(request);
            if !honest {
                shown.digest = Digest::ZERO;
            }
            let verdict = if yes { Verdict::Approve } else { Verdict::Deny };
            let channel = if by_link { Channel::Link } else { Channel::Api };
            Some(decide_by_way_of(channel, PEOPLE[who], verdict, shown))
        }
        Move::Cancels(who) => Some(Command::Cancel { by: person(PEOPLE[who]) }),
        Move::Revokes(who) => Some(revoke(PEOPLE[who])),
        Move::Mints(who) => Some(Command::Mint { by: person(PEOPLE[who]), call: call() }),
        Move::Tick => Some(Command::Tick),
        Move::Reports(works) => match request.effect(now)? {
            Effect::Ensure(_) if works => Some(Command::Opened),
            Effect::Ensure(_) => Some(Command::GiveUp(Cause::LimitExceeded)),
            Effect::EnsureGone(_) => Some(Command::Closed),
            Effect::Bar(until) => Some(Command::Barred(until)),
            Effect::KeepBarred => None,
            Effect::Lift => Some(Command::Lifted),
        },
        Move::Waits(_) => None,
    }
}

/// Checks the laws on one transition.
fn check(before: &Request, entries: &[Entry], after: &Request, now: Timestamp) {
    if before.status().is_terminal() {
        assert_eq!(before.status(), after.status(), "law 8: {} was not final", before.status());
        assert_eq!(before.window(), after.window(), "law 8");
    }
    if let Some(Review::Done(_)) = before.review() {
        assert_eq!(before.review(), after.review(), "law 8: a review is final");
    }
    if let (Some(was), Some(is)) = (before.window(), after.window()) {
        assert_eq!(was, is, "law 3: the window moved");
    }
    for entry in entries {
        check_entry(before, entry, after, now);
    }
    if let State::Revoked { barred_until: None, .. } = after.state()
        && let State::Revoking { live_until: Some(until), .. } = before.state()
    {
        assert!(*until <= now, "law 17: nothing bars the sessions that are alive");
    }
    if let Some(Effect::Ensure(window)) = after.effect(now) {
        assert!(now < window.ends_at(), "law 1: opening what is over");
        assert!(matches!(after.state(), State::Activating { .. }), "law 2: no intent on record");
    }
}

/// Checks the laws on one entry.
fn check_entry(before: &Request, entry: &Entry, after: &Request, now: Timestamp) {
    match &entry.event {
        Event::Approved(answer) | Event::Denied(answer) => {
            assert_ne!(answer.by, before.terms().requester, "law 9");
            assert!(before.terms().approval.people().contains(&answer.by), "law 9");
            assert!(now < before.decide_by().unwrap(), "law 5: decided too late");
            let by_link = answer.channel == Channel::Link;
            assert!(!(by_link && before.terms().sign_in), "a link passed for a sign-in");
        }
        Event::Reviewed { answer, .. } => {
            assert_ne!(answer.by, before.terms().requester, "law 9");
            assert!(matches!(before.terms().approval, Approval::BreakGlass { .. }), "law 9");
            let by_link = answer.channel == Channel::Link;
            assert!(!(by_link && before.terms().sign_in), "a link passed for a sign-in");
        }
        Event::Activating { window } | Event::Scheduled { window } => {
            let people: BTreeSet<_> = after.approved_by().collect();
            let needed: usize = after.terms().approval.steps().iter().map(|s| s.quorum).sum();
            assert!(people.len() >= needed, "law 9: too few people");
            for step in after.terms().approval.steps() {
                let yes = people.iter().filter(|p| step.approvers.contains(p)).count();
                assert!(yes >= step.quorum, "law 9: step {} is not met", step.name);
            }
            assert!(now < window.ends_at(), "law 5");
            let length = window.starts_at().duration_until(window.ends_at());
            assert_eq!(length, before.terms().duration.as_signed(), "law 3");
        }
        Event::Asked { .. }
        | Event::Cancelled
        | Event::Expired
        | Event::Activated
        | Event::Ended
        | Event::Failed { .. }
        | Event::ReviewOverdue => {}
        Event::Reminded | Event::Escalated { .. } => {
            let decide_by = before.decide_by().unwrap();
            assert!(now < decide_by && before.status() == Status::Pending);
        }
        Event::Revoking(_) | Event::Revoked { .. } | Event::Lifted => {
            assert!(!matches!(after.effect(now), Some(Effect::Ensure(_))), "law 4");
        }
        Event::Minting { until, .. } => {
            let window = before.window().unwrap();
            assert_eq!(before.status(), Status::Active, "law 17");
            assert!(window.starts_at() <= now && now < window.ends_at(), "law 17");
            assert!(*until <= window.ends_at(), "law 17: a session outlives its grant");
            assert_eq!(entry.actor, Actor::Person(before.terms().requester.clone()));
        }
        Event::Closing => assert!(now < after.window().unwrap().ends_at()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_life_breaks_a_law(
        approval in prop::sample::select(ways()),
        (starts_in, sign_in) in (prop::option::of(0_i64..20_000), any::<bool>()),
        grant in prop::sample::select(grants()),
        steps in prop::collection::vec(a_move(), 1..40),
    ) {
        let mut terms = terms(approval);
        (terms.sign_in, terms.grant) = (sign_in, grant);
        terms.starts_at = starts_in.map(|seconds| start() + SignedDuration::from_secs(seconds));
        let (mut request, mut history) = opened(terms.clone());
        let mut now = start();
        for step in &steps {
            if let Move::Waits(seconds) = step {
                now += SignedDuration::from_secs(i64::from(*seconds));
            }
            let Some(command) = command(step, &request, now) else { continue };
            let Ok((after, entries)) = request.clone().after(command.clone(), now) else {
                continue;
            };
            check(&request, &entries, &after, now);
            // The same command again changes nothing, or is refused.
            if let Command::Mint { .. } = command {
                // Any number of credentials may be given out.
            } else if let Ok((_, again)) = after.clone().after(command, now) {
                prop_assert!(again.is_empty(), "twice is not once: {again:?}");
            }
            history.extend(entries);
            request = after;
        }
        // Law 18: the history is gapless, and folding it gives the request again.
        let lines = history.iter().map(Entry::to_line);
        let chain = lines.into_iter().try_fold(Chain::START, |chain, line| chain.follow(&line.parse()?));
        prop_assert_eq!(chain.unwrap().seq, request.version());
        let (first, _) = opened(terms);
        let known = usize::try_from(first.version()).unwrap();
        let replayed = history.iter().skip(known).fold(first, Request::apply);
        prop_assert_eq!(&replayed, &request);
        // The whole history proves the request, and no part of it does.
        prop_assert!(Proven::of(request.clone(), &history, now).is_ok());
        prop_assert!(Proven::of(request.clone(), &history[1..], now).is_err());
        prop_assert!(Proven::of(request.clone(), &history[..history.len() - 1], now).is_err());
        // Every request comes to an end once time has passed.
        let later = now + SignedDuration::from_hours(48);
        let mut last = request.after(Command::Tick, later).unwrap().0;
        while let Some(effect) = last.effect(later) {
            let before = last.version();
            let done = if matches!(effect, Effect::Lift) { Command::Lifted } else { Command::Closed };
            last = last.after(done, later).unwrap().0;
            prop_assert!(before < last.version(), "a closing that is never on record");
        }
        prop_assert!(last.status().is_terminal() && last.due_at().is_none());
        let open = matches!(last.review(), Some(Review::Open { .. }));
        prop_assert!(!open, "a review that nobody did is overdue");
    }
}
