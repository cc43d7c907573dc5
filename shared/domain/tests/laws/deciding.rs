//! Requests, decisions, and the time in which nobody decides.

use std::collections::BTreeSet;

use domain::{
    request::{
        Approval, Channel, Command, Event, Nudge, Refusal, Request, Status, Steps, Terms, Verdict,
    },
    value::{Digest, RequestId},
};
use jiff::SignedDuration;

use crate::people::{
    break_glass, decide, decide_by, decide_by_way_of, opened, owners, pending, people, person,
    shown, start, step, terms,
};

#[test]
fn a_request_that_nobody_else_could_approve_is_not_opened() {
    let id = RequestId::from_random([1; 10]);
    let open = |terms: Terms| Request::open(&id, terms, start()).unwrap_err();
    for hollow in [
        owners(3),
        owners(0),
        people(vec![]),
        people(vec![step("a", &["bob"], 1), step("b", &["bob"], 1)]),
        Approval::BreakGlass {
            reviewers: BTreeSet::new(),
            informed: BTreeSet::new(),
            review_by: start(),
        },
    ] {
        assert_eq!(open(terms(hollow)), Refusal::NobodyCanApprove);
    }
    let own = people(vec![step("owners", &["ann", "bob"], 1)]);
    assert_eq!(open(terms(own)), Refusal::OwnRequest);
    let steps = Steps(vec![step("owners", &["bob"], 1)]);
    let nudges = vec![Nudge::Escalation { at: start(), to: [person("ann")].into() }];
    let own = Approval::People { steps, decide_by: decide_by(), nudges };
    assert_eq!(open(terms(own)), Refusal::OwnRequest, "nor is it escalated to her");
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
    let (request, _) = opened(Terms { starts_at: Some(start()), ..terms(owners(1)) });
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
    // An approval in between does not change the escalation that is still to come.
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
        let (request, _) = opened(Terms { sign_in: true, ..terms(approval) });
        let answers = |channel| {
            let yes = decide_by_way_of(channel, "bob", Verdict::Approve, shown(&request));
            request.decide(yes, start()).map(|_| ())
        };
        assert_eq!(answers(Channel::Link), Err(Refusal::SignInNeeded));
        assert_eq!([Channel::SignedIn, Channel::Api].map(answers), [Ok(()), Ok(())]);
    }
}

#[test]
fn only_one_s_own_open_access_to_the_same_thing_can_be_extended() {
    let (open, _) = opened(terms(Approval::Rule));
    assert_eq!(open.check_extension(&terms(owners(1))), Ok(()));
    let refused = Err(Refusal::NotExtendable { id: open.id().clone(), status: open.status() });
    let theirs = Terms { requester: person("dave"), ..terms(owners(1)) };
    assert_eq!(open.check_extension(&theirs), refused);
    let other = Terms { entitlement: "payroll-read".parse().unwrap(), ..terms(owners(1)) };
    assert_eq!(open.check_extension(&other), refused);
    assert!(pending(1).check_extension(&terms(owners(1))).is_err());
}
