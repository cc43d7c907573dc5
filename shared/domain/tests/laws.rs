//! The laws, held against random lives: any commands, in any order, at any time.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use domain::{
    Answer, Approval, Ask, Basis, Cause, Chain, Channel, Command, Digest, Effect, Entry, Event,
    Grant, Nudge, Person, PolicyDocument, Refusal, Request, RequestId, Review, Shown, Situation,
    State, Status, Step, Steps, Verdict,
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

fn basis() -> Basis {
    Basis { rules: Digest::ZERO, by: ["base/requesters".parse().unwrap()].into() }
}

fn situation() -> Situation {
    Situation { at: start(), source_ip: None, mfa: false }
}

fn step(name: &str, approvers: &[&str], quorum: usize) -> Step {
    let approvers = approvers.iter().map(|name| person(name)).collect();
    Step { name: name.to_owned(), approvers, quorum }
}

fn decide_by() -> Timestamp {
    start() + SignedDuration::from_hours(2)
}

fn people(steps: Vec<Step>) -> Approval {
    let to = [person("erin")].into();
    let nudges = vec![
        Nudge::Reminder { at: start() + SignedDuration::from_hours(1) },
        Nudge::Escalation { at: start() + SignedDuration::from_mins(90), to },
    ];
    Approval::People { steps: Steps(steps), decide_by: decide_by(), nudges }
}

fn break_glass() -> Approval {
    let review_by = start() + SignedDuration::from_hours(3);
    Approval::BreakGlass {
        reviewers: ["bob", "carol"].map(person).into(),
        told: BTreeSet::new(),
        review_by,
    }
}

/// Bob and Carol may decide, within two hours.
fn owners(quorum: usize) -> Approval {
    people(vec![step("owners", &["bob", "carol"], quorum)])
}

/// Every way there is from an ask to its access.
fn ways() -> Vec<Approval> {
    let two_steps =
        vec![step("owners", &["bob", "carol"], 1), step("leads", &["carol", "dave"], 1)];
    vec![owners(1), owners(2), people(two_steps), Approval::Rule, break_glass()]
}

/// Ann asks for an hour.
fn ask(approval: Approval) -> Ask {
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    Ask {
        entitlement: "orders-read".parse().unwrap(),
        title: "Read orders".to_owned(),
        requester: person("ann"),
        reason: "incident 4711".parse().unwrap(),
        duration: "1h".parse().unwrap(),
        tags: BTreeSet::new(),
        ticket: None,
        starts_at: None,
        extends: None,
        approval,
        sign_in: false,
        situation: situation(),
        basis: basis(),
        grant: Grant::InlinePolicy {
            user: "ann".parse().unwrap(),
            policy: PolicyDocument::from_json(policy).unwrap(),
        },
    }
}

fn opened(ask: Ask) -> (Request, Vec<Entry>) {
    Request::open(&RequestId::from_random([1; 10]), ask, start()).unwrap()
}

fn pending(quorum: usize) -> Request {
    opened(ask(owners(quorum))).0
}

fn decide(name: &str, verdict: Verdict, shown: Shown) -> Command {
    decide_by_way_of(Channel::Api, name, verdict, shown)
}

fn decide_by_way_of(channel: Channel, name: &str, verdict: Verdict, shown: Shown) -> Command {
    let (by, reason) = (person(name), "seen".parse().unwrap());
    let (situation, basis) = (situation(), basis());
    let answer = Answer { by, reason, channel, situation, basis };
    Command::Decide { verdict, answer, shown }
}

fn revoke(name: &str) -> Command {
    let (by, reason) = (person(name), "done early".parse().unwrap());
    let (situation, basis) = (situation(), basis());
    Command::Revoke(Answer { by, reason, channel: Channel::Api, situation, basis })
}

fn shown(request: &Request) -> Shown {
    Shown { digest: request.ask().grant.digest(), version: request.version() }
}

/// What a random life is made of. Effects are reported as the adapter would: only
/// when they were asked for.
#[derive(Debug, Clone)]
enum Move {
    Decides(usize, bool, bool, bool),
    Cancels(usize),
    Revokes(usize),
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
        Move::Tick => Some(Command::Tick),
        Move::Reports(works) => match request.effect(now)? {
            Effect::Ensure(_) if works => Some(Command::Opened),
            Effect::Ensure(_) => Some(Command::GiveUp(Cause::LimitExceeded)),
            Effect::EnsureGone(_) => Some(Command::Closed),
        },
        Move::Waits(_) => None,
    }
}

/// What must be true of one transition.
fn check(before: &Request, entries: &[Entry], after: &Request, now: Timestamp) {
    if before.status().is_terminal() {
        assert_eq!(before.state(), after.state(), "law 8: {} was not final", before.status());
    }
    if let Some(Review::Done(_)) = before.review() {
        assert_eq!(before.review(), after.review(), "law 8: a review is final");
    }
    if let (Some(was), Some(is)) = (before.window(), after.window()) {
        assert_eq!(was, is, "law 3: the window moved");
    }
    for entry in entries {
        match &entry.event {
            Event::Approved(answer) | Event::Denied(answer) => {
                assert_ne!(answer.by, before.ask().requester, "law 9");
                assert!(before.ask().approval.people().contains(&answer.by), "law 9");
                assert!(now < before.decide_by().unwrap(), "law 5: decided too late");
                let by_link = answer.channel == Channel::Link;
                assert!(!(by_link && before.ask().sign_in), "a link passed for a sign-in");
            }
            Event::Reviewed { answer, .. } => {
                assert_ne!(answer.by, before.ask().requester, "law 9");
                assert!(matches!(before.ask().approval, Approval::BreakGlass { .. }), "law 9");
                let by_link = answer.channel == Channel::Link;
                assert!(!(by_link && before.ask().sign_in), "a link passed for a sign-in");
            }
            Event::Activating { window } | Event::Scheduled { window } => {
                let people: BTreeSet<_> = after.approved_by().collect();
                let needed: usize = after.ask().approval.steps().iter().map(|s| s.quorum).sum();
                assert!(people.len() >= needed, "law 9: too few people");
                for step in after.ask().approval.steps() {
                    let yes = people.iter().filter(|p| step.approvers.contains(p)).count();
                    assert!(yes >= step.quorum, "law 9: step {} is not met", step.name);
                }
                assert!(now < window.ends_at(), "law 5");
                let length = window.starts_at().duration_until(window.ends_at());
                assert_eq!(length, before.ask().duration.as_signed(), "law 3");
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
            Event::Revoking(_) | Event::Revoked => {
                assert!(!matches!(after.effect(now), Some(Effect::Ensure(_))), "law 4");
            }
            Event::Closing => assert!(now < after.window().unwrap().ends_at()),
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
    fn no_life_breaks_a_law(
        approval in prop::sample::select(ways()),
        (starts_in, sign_in) in (prop::option::of(0_i64..20_000), any::<bool>()),
        steps in prop::collection::vec(a_move(), 1..40),
    ) {
        let mut ask = ask(approval);
        ask.sign_in = sign_in;
        ask.starts_at = starts_in.map(|seconds| start() + SignedDuration::from_secs(seconds));
        let (mut request, mut history) = opened(ask.clone());
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
            // Doing it again changes nothing, or is refused.
            if let Ok((_, again)) = after.clone().after(command, now) {
                prop_assert!(again.is_empty(), "twice is not once: {again:?}");
            }
            history.extend(entries);
            request = after;
        }
        // Law 18: the history is gapless, and folding it gives the request again.
        let lines = history.iter().map(Entry::to_line);
        let chain = lines.into_iter().try_fold(Chain::START, |chain, line| chain.follow(&line.parse()?));
        prop_assert_eq!(chain.unwrap().seq, request.version());
        let (first, _) = opened(ask);
        let known = usize::try_from(first.version()).unwrap();
        let replayed = history.iter().skip(known).fold(first, Request::apply);
        prop_assert_eq!(&replayed, &request);
        // Whatever was opened comes to an end once time has passed.
        let later = now + SignedDuration::from_hours(48);
        let mut last = request.after(Command::Tick, later).unwrap().0;
        while let Some(Effect::EnsureGone(_)) = last.effect(later) {
            let before = last.version();
            last = last.after(Command::Closed, later).unwrap().0;
            prop_assert!(before < last.version(), "a closing that is never on record");
        }
        prop_assert!(last.status().is_terminal() && last.due_at().is_none());
        let open = matches!(last.review(), Some(Review::Open { .. }));
        prop_assert!(!open, "a review that nobody did is overdue");
    }
}

#[test]
fn a_request_that_nobody_else_could_approve_is_not_opened() {
    let id = RequestId::from_random([1; 10]);
    let open = |ask: Ask| Request::open(&id, ask, start()).unwrap_err();
    for hollow in [
        owners(3),
        owners(0),
        people(vec![]),
        people(vec![step("a", &["bob"], 1), step("b", &["bob"], 1)]),
        Approval::BreakGlass {
            reviewers: BTreeSet::new(),
            told: BTreeSet::new(),
            review_by: start(),
        },
    ] {
        assert_eq!(open(ask(hollow)), Refusal::NobodyCanApprove);
    }
    let own = people(vec![step("owners", &["ann", "bob"], 1)]);
    assert_eq!(open(ask(own)), Refusal::OwnRequest);
    let steps = Steps(vec![step("owners", &["bob"], 1)]);
    let nudges = vec![Nudge::Escalation { at: start(), to: [person("ann")].into() }];
    let own = Approval::People { steps, decide_by: decide_by(), nudges };
    assert_eq!(open(ask(own)), Refusal::OwnRequest, "nor is it escalated to her");
}

#[test]
fn a_decision_counts_before_the_deadline_and_not_at_it() {
    let request = pending(1);
    let yes = decide("bob", Verdict::Approve, shown(&request));
    let decide_by = decide_by();
    let just_before = decide_by - SignedDuration::from_millis(1);
    assert_eq!(
        request.decide(yes.clone(), decide_by),
        Err(Refusal::TooLate { decide_by }),
        "at the deadline it is too late"
    );
    let (request, _) = request.after(Command::Tick, just_before).unwrap();
    assert_eq!((request.status(), request.due_at()), (Status::Pending, Some(decide_by)));
    assert_eq!(request.decide(Command::Tick, decide_by), Ok(vec![Event::Expired]));
    let (approved, _) = request.after(yes, just_before).unwrap();
    assert_eq!(approved.status(), Status::Activating);
}

#[test]
fn a_start_that_was_asked_for_sets_a_deadline_of_its_own() {
    let (request, _) = opened(Ask { starts_at: Some(start()), ..ask(owners(1)) });
    let ends_at = start() + SignedDuration::from_hours(1);
    let yes = decide("bob", Verdict::Approve, shown(&request));
    assert_eq!(request.decide(yes, ends_at), Err(Refusal::TooLate { decide_by: ends_at }));
    assert_eq!(request.decide(Command::Tick, ends_at), Ok(vec![Event::Expired]), "law 5");
}

#[test]
fn each_refusal_says_what_stands_in_the_way() {
    let request = pending(2);
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
    let request = pending(1);
    let yes = decide("bob", Verdict::Approve, shown(&request));
    let (activating, _) = request.after(yes, start()).unwrap();
    let window = activating.window().unwrap();
    assert_eq!(activating.effect(start()), Some(Effect::Ensure(window)));
    assert_eq!(activating.effect(window.ends_at()), Some(Effect::EnsureGone(window)));
    let (failed, _) = activating.after(Command::Closed, window.ends_at()).unwrap();
    assert_eq!(*failed.state(), State::Failed { cause: Cause::TooLate });
}

#[test]
fn a_start_that_was_asked_for_is_the_start_and_is_prepared_a_little_before() {
    let starts_at = start() + SignedDuration::from_hours(1);
    let mut later = ask(owners(1));
    later.starts_at = Some(starts_at);
    let (request, _) = opened(later);
    let yes = decide("bob", Verdict::Approve, shown(&request));
    let (scheduled, _) = request.after(yes, start()).unwrap();
    assert_eq!(scheduled.status(), Status::Scheduled);
    let window = scheduled.window().unwrap();
    assert_eq!(
        (window.starts_at(), window.ends_at()),
        (starts_at, starts_at + SignedDuration::from_hours(1))
    );
    assert_eq!(scheduled.effect(start()), None, "nothing is done in IAM before it is time");
    let opens_at = scheduled.due_at().unwrap();
    assert_eq!(opens_at, starts_at - SignedDuration::from_secs(120));
    let just_before = opens_at - SignedDuration::from_millis(1);
    assert_eq!(scheduled.decide(Command::Tick, just_before), Ok(vec![]));
    let (cancelled, _) =
        scheduled.clone().after(Command::Cancel { by: person("ann") }, just_before).unwrap();
    assert_eq!(cancelled.status(), Status::Cancelled);
    assert_eq!(cancelled.decide(Command::Tick, opens_at), Ok(vec![]), "law 12");
    let (activating, _) = scheduled.after(Command::Tick, opens_at).unwrap();
    assert_eq!(activating.effect(opens_at), Some(Effect::Ensure(window)));
}

#[test]
fn what_a_rule_approves_is_on_record_with_its_end_from_the_first_moment() {
    let (request, entries) = opened(ask(Approval::Rule));
    assert_eq!(request.status(), Status::Activating);
    assert_eq!(entries.iter().map(|e| e.event.kind()).collect::<Vec<_>>(), ["asked", "activating"]);
    let yes = decide("bob", Verdict::Approve, shown(&request));
    assert_eq!(request.decide(yes, start()), Err(Refusal::Settled { status: Status::Activating }));
}

#[test]
fn broken_glass_opens_at_once_and_its_review_outlives_the_access() {
    let (request, _) = opened(ask(break_glass()));
    assert_eq!(request.status(), Status::Activating);
    let window = request.window().unwrap();
    let (open, _) = request.after(Command::Opened, start()).unwrap();
    let (ended, _) = open.after(Command::Closed, window.ends_at()).unwrap();
    let review_by = start() + SignedDuration::from_hours(3);
    assert_eq!((ended.status(), ended.due_at()), (Status::Ended, Some(review_by)));
    let (overdue, _) = ended.after(Command::Tick, review_by).unwrap();
    assert_eq!(overdue.review(), Some(&Review::Overdue { review_by }));
    assert_eq!(overdue.due_at(), None);

    let looks =
        |name: &str| overdue.decide(decide(name, Verdict::Deny, shown(&overdue)), review_by);
    assert_eq!(looks("ann"), Err(Refusal::OwnRequest));
    let late = review_by + SignedDuration::from_hours(24);
    let review = decide("bob", Verdict::Deny, shown(&overdue));
    let (reviewed, _) = overdue.after(review.clone(), late).unwrap();
    assert!(matches!(reviewed.review(), Some(Review::Done(done)) if done.verdict == Verdict::Deny));
    assert_eq!(reviewed.status(), Status::Ended, "where it stands, it stays");
    assert!(matches!(reviewed.decide(review, late), Err(Refusal::AlreadyAnswered { .. })));
    let other = decide("carol", Verdict::Approve, shown(&reviewed));
    assert_eq!(reviewed.decide(other, late), Err(Refusal::Reviewed { by: person("bob") }));
}

#[test]
fn while_nobody_decides_people_are_asked_again_then_others_hear_of_it_each_once() {
    let kinds = |request: &Request, now| {
        let events = request.decide(Command::Tick, now).unwrap();
        events.iter().map(Event::kind).collect::<Vec<_>>().join(" ")
    };
    let at = |minutes| start() + SignedDuration::from_mins(minutes);
    let request = pending(2);
    assert_eq!(request.due_at(), Some(at(60)));
    assert_eq!(
        (kinds(&request, at(59)), kinds(&request, at(60))),
        (String::new(), "reminded".into())
    );
    assert_eq!(kinds(&request, at(100)), "reminded escalated", "a late sweep does both");
    let (reminded, _) = request.after(Command::Tick, at(60)).unwrap();
    assert_eq!((reminded.due_at(), kinds(&reminded, at(60))), (Some(at(90)), String::new()));
    // A yes in between changes nothing about what is still to come.
    let yes = decide("bob", Verdict::Approve, shown(&reminded));
    let (reminded, _) = reminded.after(yes, at(70)).unwrap();
    let (escalated, entries) = reminded.after(Command::Tick, at(90)).unwrap();
    assert_eq!(entries[0].event, Event::Escalated { to: [person("erin")].into() });
    assert_eq!((escalated.due_at(), kinds(&escalated, at(119))), (Some(at(120)), String::new()));
    assert_eq!(kinds(&escalated, at(120)), "expired");
    assert!(escalated.concerns(&person("erin")), "who heard of it may look at it");
    let erin = decide("erin", Verdict::Approve, shown(&escalated));
    assert_eq!(escalated.decide(erin, at(91)), Err(Refusal::NotAnApprover));
    let no = decide("carol", Verdict::Deny, shown(&escalated));
    let (denied, _) = escalated.after(no, at(91)).unwrap();
    assert_eq!((denied.due_at(), kinds(&denied, at(100))), (None, String::new()), "law 8");
}

#[test]
fn who_is_kept_for_later_is_not_asked_first_unless_the_others_are_too_few() {
    let asked = |quorum, kept: &[&str]| {
        let steps = Steps(vec![step("owners", &["bob", "carol"], quorum)]);
        let to = kept.iter().map(|name| person(name)).collect();
        let nudges = vec![Nudge::Escalation { at: start(), to }];
        let approval = Approval::People { steps, decide_by: decide_by(), nudges };
        approval.asked_first().into_iter().cloned().collect::<Vec<_>>()
    };
    assert_eq!(asked(1, &["erin", "carol"]), [person("bob")]);
    assert_eq!(asked(2, &["carol"]), [person("bob"), person("carol")]);
    assert_eq!(asked(1, &["bob", "carol"]), [person("bob"), person("carol")]);
}

#[test]
fn where_a_sign_in_is_needed_the_link_alone_is_not_enough() {
    for approval in [owners(1), break_glass()] {
        let (request, _) = opened(Ask { sign_in: true, ..ask(approval) });
        let answers = |channel| {
            let yes = decide_by_way_of(channel, "bob", Verdict::Approve, shown(&request));
            request.decide(yes, start()).map(|_| ())
        };
        assert_eq!(answers(Channel::Link), Err(Refusal::SignInNeeded));
        assert_eq!([Channel::SignedIn, Channel::Api].map(answers), [Ok(()), Ok(())]);
    }
}

#[test]
fn the_end_is_announced_once_and_never_after_it() {
    let (request, _) = opened(ask(Approval::Rule));
    let (open, _) = request.after(Command::Opened, start()).unwrap();
    let at = |minutes| start() + SignedDuration::from_mins(minutes);
    assert_eq!((open.due_at(), open.decide(Command::Tick, at(49))), (Some(at(50)), Ok(vec![])));
    assert_eq!(open.decide(Command::Tick, at(60)), Ok(vec![]), "it is over by then");
    let (closing, entries) = open.after(Command::Tick, at(50)).unwrap();
    assert_eq!((entries.len(), &entries[0].event), (1, &Event::Closing));
    assert_eq!((closing.due_at(), closing.status()), (Some(at(60)), Status::Active));
    assert_eq!(closing.decide(Command::Tick, at(55)), Ok(vec![]));
    let (ended, _) = closing.after(Command::Closed, at(60)).unwrap();
    assert_eq!(ended.status(), Status::Ended);
}

#[test]
fn what_is_revoked_is_gone_from_iam_before_it_counts_as_closed_wherever_it_stood() {
    let (activating, _) = opened(ask(Approval::Rule));
    let window = activating.window().unwrap();
    let (active, _) = activating.clone().after(Command::Opened, start()).unwrap();
    let later =
        Ask { starts_at: Some(start() + SignedDuration::from_hours(5)), ..ask(Approval::Rule) };
    let (scheduled, _) = opened(later);
    for request in [scheduled, activating, active] {
        let window = request.window().unwrap();
        let (revoking, _) = request.after(revoke("bob"), start()).unwrap();
        assert_eq!((revoking.status(), revoking.due_at()), (Status::Revoking, Some(start())));
        assert_eq!(revoking.effect(start()), Some(Effect::EnsureGone(window)));
        assert_eq!(revoking.decide(Command::Opened, start()), Ok(vec![]), "too late to open");
        let twice = revoking.decide(revoke("carol"), start());
        assert_eq!(twice, Err(Refusal::Settled { status: Status::Revoking }));
        let (revoked, _) = revoking.after(Command::Closed, start()).unwrap();
        assert_eq!((revoked.status(), revoked.due_at()), (Status::Revoked, None));
        assert_eq!((revoked.window(), revoked.effect(start())), (Some(window), None));
    }
    assert_eq!(pending(1).decide(revoke("bob"), start()), Err(Refusal::NotOpen));
    let (ended, _) = opened(ask(Approval::Rule)).0.after(Command::Opened, start()).unwrap();
    let (ended, _) = ended.after(Command::Closed, window.ends_at()).unwrap();
    let late = ended.decide(revoke("bob"), window.ends_at());
    assert_eq!(late, Err(Refusal::Settled { status: Status::Ended }), "law 8");
}

#[test]
fn only_one_s_own_open_access_to_the_same_thing_can_be_extended() {
    let (open, _) = opened(ask(Approval::Rule));
    assert_eq!(open.check_extension(&ask(owners(1))), Ok(()));
    let refused = Err(Refusal::NotExtendable { id: open.id().clone(), status: open.status() });
    let theirs = Ask { requester: person("dave"), ..ask(owners(1)) };
    assert_eq!(open.check_extension(&theirs), refused);
    let other = Ask { entitlement: "payroll-read".parse().unwrap(), ..ask(owners(1)) };
    assert_eq!(open.check_extension(&other), refused);
    assert!(pending(1).check_extension(&ask(owners(1))).is_err());
}
