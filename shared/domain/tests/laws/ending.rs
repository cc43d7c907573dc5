//! Opening and ending, on time, early or never.

use domain::request::{
    Approval, Cause, Command, Effect, Event, Refusal, Review, State, Status, Terms, Verdict,
};
use jiff::SignedDuration;

use crate::people::{
    break_glass, decide, opened, owners, pending, person, revoke, shown, start, terms,
};

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
    let mut later = terms(owners(1));
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
    let (request, entries) = opened(terms(Approval::Rule));
    assert_eq!(request.status(), Status::Activating);
    assert_eq!(entries.iter().map(|e| e.event.kind()).collect::<Vec<_>>(), ["asked", "activating"]);
    let yes = decide("bob", Verdict::Approve, shown(&request));
    assert_eq!(
        request.decide(yes, start()),
        Err(Refusal::AlreadyDecided { status: Status::Activating })
    );
}

#[test]
fn broken_glass_opens_at_once_and_its_review_outlives_the_access() {
    let (request, _) = opened(terms(break_glass()));
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
fn the_end_is_announced_once_and_never_after_it() {
    let (request, _) = opened(terms(Approval::Rule));
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
    let (activating, _) = opened(terms(Approval::Rule));
    let window = activating.window().unwrap();
    let (active, _) = activating.clone().after(Command::Opened, start()).unwrap();
    let later =
        Terms { starts_at: Some(start() + SignedDuration::from_hours(5)), ..terms(Approval::Rule) };
    let (scheduled, _) = opened(later);
    for request in [scheduled, activating, active] {
        let window = request.window().unwrap();
        let (revoking, _) = request.after(revoke("bob"), start()).unwrap();
        assert_eq!((revoking.status(), revoking.due_at()), (Status::Revoking, Some(start())));
        assert_eq!(revoking.effect(start()), Some(Effect::EnsureGone(window)));
        assert_eq!(revoking.decide(Command::Opened, start()), Ok(vec![]), "too late to open");
        let twice = revoking.decide(revoke("carol"), start());
        assert_eq!(twice, Err(Refusal::AlreadyDecided { status: Status::Revoking }));
        let (revoked, _) = revoking.after(Command::Closed, start()).unwrap();
        assert_eq!((revoked.status(), revoked.due_at()), (Status::Revoked, None));
        assert_eq!((revoked.window(), revoked.effect(start())), (Some(window), None));
    }
    assert_eq!(pending(1).decide(revoke("bob"), start()), Err(Refusal::NotApproved));
    let (ended, _) = opened(terms(Approval::Rule)).0.after(Command::Opened, start()).unwrap();
    let (ended, _) = ended.after(Command::Closed, window.ends_at()).unwrap();
    let late = ended.decide(revoke("bob"), window.ends_at());
    assert_eq!(late, Err(Refusal::AlreadyFinal { status: Status::Ended }), "law 8");
}
