//! The laws, held against random lives: any commands, in any order, at any time.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use domain::{
    Answer, Ask, Cause, Chain, Channel, Command, Digest, Effect, Entry, Event, Grant, Person,
    PolicyDocument, Refusal, Request, RequestId, Shown, State, Status, Verdict,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const PEOPLE: [&str; 4] = ["ann", "bob", "carol", "dave"];

fn person(name: &str) -> Person {
    format!("{name}@example.com").parse().unwrap()
}

fn start() -> Timestamp {
    "2026-05-04T10:00:00Z".parse().unwrap()
}

/// Ann asks for an hour; Bob and Carol may decide, within two hours.
fn ask(quorum: usize) -> Ask {
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    Ask {
        entitlement: "orders-read".parse().unwrap(),
        title: "Read orders".to_owned(),
        requester: person("ann"),
        reason: "incident 4711".parse().unwrap(),
        duration: "1h".parse().unwrap(),
        decide_by: start() + SignedDuration::from_hours(2),
        approvers: ["bob", "carol"].map(person).into(),
        quorum,
        grant: Grant::InlinePolicy {
            user: "ann".parse().unwrap(),
            policy: PolicyDocument::from_json(policy).unwrap(),
        },
        rules: Digest::ZERO,
    }
}

fn opened(quorum: usize) -> (Request, Entry) {
    Request::open(&RequestId::from_random([1; 10]), ask(quorum), start()).unwrap()
}

fn decide(name: &str, verdict: Verdict, shown: Shown) -> Command {
    let (by, reason) = (person(name), "seen".parse().unwrap());
    Command::Decide { verdict, answer: Answer { by, reason, channel: Channel::Api }, shown }
}

fn shown(request: &Request) -> Shown {
    Shown { digest: request.ask().grant.digest(), version: request.version() }
}

/// What a random life is made of. Effects are reported as the adapter would: only
/// when they were asked for.
#[derive(Debug, Clone)]
enum Step {
    Decides(usize, bool, bool),
    Cancels(usize),
    Tick,
    Reports(bool),
    Waits(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..PEOPLE.len(), any::<bool>(), prop::bool::weighted(0.9))
            .prop_map(|(who, yes, honest)| Step::Decides(who, yes, honest)),
        1 => (0..PEOPLE.len()).prop_map(Step::Cancels),
        2 => Just(Step::Tick),
        4 => prop::bool::weighted(0.9).prop_map(Step::Reports),
        3 => (1_u32..5_000).prop_map(Step::Waits),
    ]
}

fn command(step: &Step, request: &Request, now: Timestamp) -> Option<Command> {
    match *step {
        Step::Decides(who, yes, honest) => {
            let mut shown = shown(request);
            if !honest {
                shown.digest = Digest::ZERO;
            }
            let verdict = if yes { Verdict::Approve } else { Verdict::Deny };
            Some(decide(PEOPLE[who], verdict, shown))
        }
        Step::Cancels(who) => Some(Command::Cancel { by: person(PEOPLE[who]) }),
        Step::Tick => Some(Command::Tick),
        Step::Reports(works) => match request.effect(now)? {
            Effect::Ensure(_) if works => Some(Command::Opened),
            Effect::Ensure(_) => Some(Command::GiveUp(Cause::LimitExceeded)),
            Effect::EnsureGone(_) => Some(Command::Closed),
        },
        Step::Waits(_) => None,
    }
}

/// What must be true of one transition.
fn check(before: &Request, entries: &[Entry], after: &Request, now: Timestamp) {
    if before.status().is_terminal() {
        assert!(entries.is_empty(), "law 8: {} was not final", before.status());
    }
    if let (Some(was), Some(is)) = (before.window(), after.window()) {
        assert_eq!(was, is, "law 3: the window moved");
    }
    for entry in entries {
        match &entry.event {
            Event::Approved(answer) | Event::Denied(answer) => {
                assert_ne!(answer.by, before.ask().requester, "law 9");
                assert!(before.ask().approvers.contains(&answer.by), "law 9");
                assert!(now < before.ask().decide_by, "law 5: decided too late");
            }
            Event::Activating { window } => {
                let yes = after.decisions().iter().filter(|d| d.verdict == Verdict::Approve);
                let people: BTreeSet<_> = yes.map(|d| &d.answer.by).collect();
                assert!(people.len() >= before.ask().quorum, "law 9: too few people");
                assert!(now < window.ends_at(), "law 5");
                let length = window.starts_at().duration_until(window.ends_at());
                assert_eq!(length, before.ask().duration.as_signed(), "law 3");
            }
            Event::Asked { .. }
            | Event::Cancelled
            | Event::Expired
            | Event::Activated
            | Event::Ended
            | Event::Failed { .. } => {}
        }
    }
    if let Some(Effect::Ensure(window)) = after.effect(now) {
        assert!(now < window.ends_at(), "law 1: opening what is over");
        assert!(matches!(after.state(), State::Activating { .. }), "law 2: no intent on record");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_life_breaks_a_law(quorum in 1_usize..=2, steps in prop::collection::vec(step(), 1..40)) {
        let (mut request, first) = opened(quorum);
        let (mut history, mut now) = (vec![first.clone()], start());
        for step in &steps {
            if let Step::Waits(seconds) = step {
                now += SignedDuration::from_secs(i64::from(*seconds));
            }
            let Some(command) = command(step, &request, now) else { continue };
            let Ok((after, entries)) = request.clone().after(command.clone(), now) else {
                continue;
            };
            check(&request, &entries, &after, now);
            // Doing it again changes nothing, or is refused.
            if let Ok((_, again)) = after.clone().after(command, now) {
                prop_assert!(again.is_empty(), "twice is not once: {again:?}");
            }
            history.extend(entries);
            request = after;
        }
        // Law 18: the history is gapless, and folding it gives the request again.
        let chain = history.iter().try_fold(Chain::START, |chain, entry| chain.follow(&entry.to_line().parse()?));
        prop_assert_eq!(chain.unwrap().seq, request.version());
        let (replayed, _) = opened(quorum);
        let replayed = history.iter().skip(1).fold(replayed, Request::apply);
        prop_assert_eq!(&replayed, &request);
        // Whatever was opened comes to an end once time has passed.
        let later = now + SignedDuration::from_hours(48);
        let mut last = request.after(Command::Tick, later).unwrap().0;
        while let Some(Effect::EnsureGone(_)) = last.effect(later) {
            last = last.after(Command::Closed, later).unwrap().0;
        }
        prop_assert!(last.status().is_terminal() && last.due_at().is_none());
    }
}

#[test]
fn a_request_that_nobody_else_could_approve_is_not_opened() {
    let id = RequestId::from_random([1; 10]);
    let open = |ask: Ask| Request::open(&id, ask, start()).unwrap_err();
    assert_eq!(open(ask(3)), Refusal::NobodyCanApprove);
    assert_eq!(open(ask(0)), Refusal::NobodyCanApprove);
    let mut own = ask(1);
    own.approvers.insert(person("ann"));
    assert_eq!(open(own), Refusal::OwnRequest);
}

#[test]
fn a_decision_counts_before_the_deadline_and_not_at_it() {
    let (request, _) = opened(1);
    let yes = decide("bob", Verdict::Approve, shown(&request));
    let decide_by = request.ask().decide_by;
    let just_before = decide_by - SignedDuration::from_millis(1);
    assert_eq!(
        request.decide(yes.clone(), decide_by),
        Err(Refusal::TooLate { decide_by }),
        "at the deadline it is too late"
    );
    assert_eq!(request.decide(Command::Tick, just_before), Ok(vec![]));
    assert_eq!(request.decide(Command::Tick, decide_by), Ok(vec![Event::Expired]));
    let (approved, _) = request.after(yes, just_before).unwrap();
    assert_eq!(approved.status(), Status::Activating);
}

#[test]
fn each_refusal_says_what_stands_in_the_way() {
    let (request, _) = opened(2);
    let says =
        |request: &Request, command| request.decide(command, start()).unwrap_err().to_string();
    let yes = |name| decide(name, Verdict::Approve, shown(&request));
    assert_eq!(says(&request, yes("ann")), "you cannot decide your own request");
    assert_eq!(says(&request, yes("dave")), "you are not an approver of this request");
    let (once, _) = request.clone().after(yes("bob"), start()).unwrap();
    assert_eq!(says(&once, yes("bob")), "you already answered yes at 2026-05-04T10:00:00Z");
    let mut other = shown(&request);
    other.digest = Digest::ZERO;
    assert_eq!(
        says(&request, decide("bob", Verdict::Approve, other)),
        "what you were shown is not what is on record; look at the request again"
    );
    let mut future = shown(&request);
    future.version += 1;
    assert_eq!(
        says(&request, decide("bob", Verdict::Approve, future)),
        "what you were shown is not what is on record; look at the request again"
    );
    assert_eq!(
        says(&request, Command::Cancel { by: person("bob") }),
        "only ann@example.com can cancel this request"
    );
    let (denied, _) = once.after(decide("carol", Verdict::Deny, shown(&request)), start()).unwrap();
    assert_eq!(says(&denied, yes("bob")), "you already answered yes at 2026-05-04T10:00:00Z");
    assert_eq!(
        says(&denied, Command::Cancel { by: person("ann") }),
        "the request is denied already"
    );
}

#[test]
fn what_never_opened_in_time_fails_and_is_never_opened_late() {
    let (request, _) = opened(1);
    let yes = decide("bob", Verdict::Approve, shown(&request));
    let (activating, _) = request.after(yes, start()).unwrap();
    let window = activating.window().unwrap();
    assert_eq!(activating.effect(start()), Some(Effect::Ensure(window)));
    assert_eq!(activating.effect(window.ends_at()), Some(Effect::EnsureGone(window)));
    let (failed, _) = activating.after(Command::Closed, window.ends_at()).unwrap();
    assert_eq!(failed.state(), State::Failed { cause: Cause::TooLate });
}
