//! Exports that somebody has changed, even with correct hashes, and the defects that an auditor
//! finds.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::{
    grant::Grant,
    history::{Actor, Chain, Publication, Published},
    request::{
        Approval, Channel, Command, Entry, Event, Request, Shown, Statement, Step, Steps, Terms,
        Verdict,
    },
    value::{Basis, CallContext, Digest, RequestId},
};
use jiff::{SignedDuration, Timestamp};
use portcullis::{
    export::Export,
    verify::{Verified, verify},
};

fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-05-04T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn set(name: &str) -> Digest {
    Digest::of("test", &name)
}

fn basis(rules: Digest) -> Basis {
    Basis { rule_set: rules, rule_ids: ["base/requesters".parse().unwrap()].into() }
}

fn call(minutes: i64) -> CallContext {
    CallContext { at: at(minutes), source_ip: None, mfa: false }
}

/// The terms of Ann's request under these rules. Bob may approve it.
fn terms(rules: Digest) -> Terms {
    let approvers = ["bob@example.com".parse().unwrap()].into();
    let step = Step { name: "owner".to_owned(), approvers, quorum: 1 };
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
    let on = domain::grant::Principal::User("ann".parse().unwrap());
    Terms {
        entitlement: "read-all".parse().unwrap(),
        title: "Read everything".to_owned(),
        tags: [].into(),
        requester: "ann@example.com".parse().unwrap(),
        reason: "incident 4711".parse().unwrap(),
        ticket: None,
        duration: "1h".parse().unwrap(),
        starts_at: None,
        extends: None,
        approval: Approval::People {
            steps: Steps(vec![step]),
            decide_by: at(120),
            nudges: Vec::new(),
        },
        sign_in: false,
        lasting: None,
        grant: Grant::ManagedPolicy { on, policy },
        unique_id: None,
        call: call(0),
        basis: basis(rules),
    }
}

/// A whole life: asked, approved by Bob, opened, ended.
fn life(number: u8, rules: Digest) -> Vec<Entry> {
    let (request, mut history) =
        Request::open(&RequestId::from_random([number; 10]), terms(rules), at(0)).unwrap();
    let answer = Statement {
        by: "bob@example.com".parse().unwrap(),
        reason: "seen".parse().unwrap(),
        channel: Channel::Api,
        call: call(1),
        basis: basis(rules),
    };
    let shown = Shown { digest: request.terms().grant.digest(), version: 1 };
    let yes = Command::Decide { verdict: Verdict::Approve, answer, shown };
    let mut request = request;
    for (command, minutes) in [(yes, 1), (Command::Opened, 1), (Command::Closed, 61)] {
        let (after, entries) = request.after(command, at(minutes)).unwrap();
        history.extend(entries);
        request = after;
    }
    history
}

fn lines(history: &[Entry]) -> Vec<String> {
    history.iter().map(Entry::to_line).collect()
}

/// Publications of these sets, ten minutes apart. The first is ten minutes before the request.
fn publications(sets: &[Digest]) -> Vec<String> {
    let (mut chain, mut previous, mut rows) = (Chain::START, None, Vec::new());
    for (number, rules) in sets.iter().enumerate() {
        let changes = vec!["+ read-all".to_owned()];
        let event = Published { previous, changes, proposed_by: None };
        let when = at(10 * i64::try_from(number).unwrap() - 10);
        let next = Publication::next(chain, *rules, when, Actor::System, event);
        (chain, previous) = (Chain { seq: next.seq, head: next.hash }, Some(*rules));
        rows.push(next.to_line());
    }
    rows
}

/// The history before `from`, and then these invented events, each with a correct hash.
fn forged(history: &[Entry], from: usize, events: &[(Actor, Event)]) -> Vec<Entry> {
    let mut forged = history[..from].to_vec();
    for (actor, event) in events {
        let chain = forged.last().map_or(Chain::START, Chain::from);
        let last = &history[from.min(history.len() - 1)];
        forged.push(Entry::next(chain, &last.request, last.at, actor.clone(), event.clone()));
    }
    forged
}

fn complaint(rows: &[String]) -> String {
    verify(&rows.join("\n")).unwrap_err().to_string()
}

#[test]
fn requests_may_be_interleaved_and_each_keeps_its_own_chain() {
    let (one, two) = (lines(&life(1, set("a"))), lines(&life(2, set("a"))));
    let rows: Vec<_> = one.into_iter().zip(two).flat_map(|(a, b)| [a, b]).collect();
    let sound = verify(&(rows.join("\n") + "\n")).unwrap();
    assert_eq!(sound, Verified { events: 10, requests: 2, publications: 0, unplaced: 4 });
    let empty = Verified { events: 0, requests: 0, publications: 0, unplaced: 0 };
    assert_eq!(verify(""), Ok(empty));
}

#[test]
fn an_export_verifies_after_a_visit_to_windows_and_a_change_is_still_found() {
    let rows = lines(&life(1, set("a"))).join("\r\n") + "\r\n";
    for saved in [rows.clone(), format!("\u{feff}{rows}"), format!("{rows}\r\n")] {
        let read = |text: &str| verify(&Export::of(text.as_bytes()).unwrap().text);
        assert_eq!(read(&saved).map(|sound| sound.events), Ok(5));
        assert_eq!(read(&saved.replace("ended", "activated")).unwrap_err().row, 5);
        assert_eq!(read(&saved.replacen("\r\n", "\r\n\r\n", 1)).unwrap_err().row, 2);
        assert_eq!(read(&saved.replacen("\r\n", " \r\n", 1)).unwrap_err().row, 1);
    }
}

#[test]
fn the_first_bad_row_is_named() {
    let mut rows = lines(&life(1, set("a")));
    rows[4] = rows[4].replace("ended", "activated");
    assert_eq!(
        complaint(&rows),
        "row 5: request 01010101010101010101, entry 5: its content is not what was hashed"
    );
    rows.remove(0);
    assert_eq!(
        complaint(&rows),
        "row 1: request 01010101010101010101: entry 1 should stand here, not 2"
    );
    assert_eq!(verify("{}").unwrap_err().row, 1);
    assert_eq!(verify(&format!("\n{}", rows[0])).unwrap_err().row, 1);
}

#[test]
fn a_life_that_the_domain_does_not_allow_is_found_though_every_hash_is_right() {
    let history = life(1, set("a"));
    let yes = history[1].event.clone();
    let opening = (Actor::System, history[2].event.clone());
    let Event::Approved(answer) = &yes else { panic!("Bob said yes") };
    let by_ann = Statement { by: "ann@example.com".parse().unwrap(), ..answer.clone() };
    let by_eve = Statement { by: "eve@example.com".parse().unwrap(), ..answer.clone() };
    for (what, from, events, said) in [
        (
            "nobody asked",
            0,
            vec![(Actor::System, Event::Activated)],
            "row 1: it has no entry that begins it",
        ),
        (
            "nobody approved",
            1,
            vec![opening.clone()],
            "row 2: request 01010101010101010101, entry 2: `activating` does not follow from what was before it",
        ),
        (
            "the requester approved",
            1,
            vec![
                (Actor::Person(by_ann.by.clone()), Event::Approved(by_ann.clone())),
                opening.clone(),
            ],
            "row 2: request 01010101010101010101, entry 2: `approved` does not follow from what was before it",
        ),
        (
            "a stranger approved",
            1,
            vec![(Actor::Person(by_eve.by.clone()), Event::Approved(by_eve.clone())), opening],
            "row 2: request 01010101010101010101, entry 2: `approved` does not follow from what was before it",
        ),
        (
            "opened twice",
            4,
            vec![(Actor::System, Event::Activated)],
            "row 5: request 01010101010101010101, entry 5: `activated` does not follow from what was before it",
        ),
    ] {
        let rows = lines(&forged(&history, from, &events));
        assert_eq!(complaint(&rows), said, "{what}");
    }
}

#[test]
fn a_copy_that_ends_within_a_commit_is_no_forgery() {
    let rows = lines(&life(1, set("a")));
    for until in 1..=rows.len() {
        assert_eq!(verify(&rows[..until].join("\n")).map(|sound| sound.events), Ok(until));
    }
}

#[test]
fn a_decision_rests_on_rules_that_were_in_force_then() {
    let rows = |rules, sets: &[Digest]| [publications(sets), lines(&life(1, rules))].concat();
    let (a, b, c) = (set("a"), set("b"), set("c"));
    let sound = verify(&rows(a, &[a]).join("\n")).unwrap();
    assert_eq!(sound, Verified { events: 6, requests: 1, publications: 1, unplaced: 0 });
    // The set was replaced ten minutes after the request, and was in force until then.
    assert!(verify(&rows(b, &[a, b, c]).join("\n")).is_ok());
    let stranger = complaint(&rows(set("z"), &[a, b]));
    assert!(
        stranger.starts_with("row 3: request 01010101010101010101, entry 1: it rests on rules")
    );
    let too_early = complaint(&rows(c, &[a, b, c]));
    assert!(too_early.ends_with("which were not in force then"), "{too_early}");
}

#[test]
fn what_another_version_has_written_is_not_called_checked() {
    let history = life(1, set("a"));
    let mut entry = serde_json::to_value(&history[0]).unwrap();
    entry["event"] = serde_json::json!({ "type": "teleported" });
    let text = String::from_utf8(domain::value::canonical(&entry)).unwrap();
    let error = verify(&text).unwrap_err().to_string();
    assert!(error.contains("its content is not what was hashed"), "{error}");
}
