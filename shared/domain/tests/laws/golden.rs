//! Histories as they were written once: later versions have to prove them for ever.
//!
//! Each file of `golden` but `values.jsonl` has the history of one request, one entry on each
//! line, and the stored request on the last line. If one of these tests fails, the histories of
//! requests that are under way, and the copies that auditors hold, would prove nothing any more.
//! Change the code that reads, and leave the files as they are.

use std::{collections::BTreeSet, fs, path::PathBuf};

use domain::{
    grant::{Attachment, AttachmentKey, Bars, PolicyArn, Presence, Principal},
    history::{Actor, Chain, Drift, DriftEntry, Publication, Published, RawEntry},
    request::{
        Approval, Cause, Command, Entry, Event, Outstanding, Proven, Request, Terms, Verdict,
    },
    value::{Digest, RequestId, canonical},
};
use jiff::{SignedDuration, Timestamp};

use crate::people::{
    HERE, break_glass, call, decide, grants, opened, owners, person, revoke, session, shown, start,
    terms,
};

type Life = (&'static str, Request, Vec<Entry>);

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/laws/golden")
}

fn at(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

/// A request after these commands, each with the minutes since the request was submitted.
fn life(name: &'static str, terms: Terms, commands: &[(i64, Command)]) -> Life {
    let (mut request, mut history) = opened(terms);
    for (minutes, command) in commands {
        let mut command = command.clone();
        // The digest and version that were shown are known only once the request exists.
        if let Command::Decide { shown: seen, .. } = &mut command {
            *seen = shown(&request);
        }
        let (after, entries) = request.after(command, at(*minutes)).unwrap();
        history.extend(entries);
        request = after;
    }
    (name, request, history)
}

/// Lives of every kind. Together they contain every event.
fn lives() -> Vec<Life> {
    let nothing = || shown(&opened(terms(owners(1))).0);
    let yes = |name: &str| decide(name, Verdict::Approve, nothing());
    let no = |name: &str| decide(name, Verdict::Deny, nothing());
    let by_session = |approval: Approval| Terms { grant: session(HERE), ..terms(approval) };
    let mint = Command::Mint { by: person("ann"), call: call() };
    let later = Terms { starts_at: Some(at(30)), ..terms(owners(1)) };
    let lasting = Terms {
        lasting: Some("robots need a key".to_owned()),
        sign_in: true,
        grant: grants().swap_remove(1),
        ..terms(Approval::Rule)
    };
    vec![
        life(
            "ended",
            terms(owners(2)),
            &[
                (1, yes("bob")),
                (2, yes("carol")),
                (3, Command::Opened),
                (52, Command::Tick),
                (63, Command::Closed),
            ],
        ),
        life(
            "revoked",
            by_session(owners(1)),
            &[
                (1, yes("bob")),
                (2, Command::Opened),
                (3, mint),
                (4, revoke("bob")),
                (5, Command::Barred(at(83))),
                (83, Command::Lifted),
            ],
        ),
        life("denied", terms(owners(1)), &[(1, no("carol"))]),
        life("cancelled", later, &[(1, yes("bob")), (2, Command::Cancel { by: person("ann") })]),
        life("reviewed", terms(break_glass()), &[(0, Command::Opened), (9, yes("bob"))]),
        life("failed", lasting, &[(1, Command::GiveUp(Cause::PolicyGone))]),
        life("waiting", terms(owners(1)), &[]),
        life(
            "managed",
            Terms { grant: grants().swap_remove(1), ..terms(owners(1)) },
            &[(1, yes("bob")), (2, Command::Opened), (4, revoke("carol")), (5, Command::Closed)],
        ),
        life(
            "expired",
            terms(owners(1)),
            &[(60, Command::Tick), (90, Command::Tick), (120, Command::Tick)],
        ),
    ]
}

#[test]
fn what_was_once_written_still_proves_its_request_and_is_written_the_same_way() {
    for (name, ..) in lives() {
        let text = fs::read_to_string(golden().join(format!("{name}.jsonl"))).unwrap();
        let (history, stored) = text.trim_end().rsplit_once('\n').unwrap();
        let request: Request = serde_json::from_str(stored).unwrap();
        assert_eq!(String::from_utf8(canonical(&request)).unwrap(), stored, "{name}");
        let entries: Vec<Entry> =
            history.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let chain = history
            .lines()
            .try_fold(Chain::START, |chain, line| chain.follow(&line.parse::<RawEntry>().unwrap()));
        assert_eq!(chain.unwrap().seq, request.version(), "{name}: the chain");
        for (entry, line) in entries.iter().zip(history.lines()) {
            assert_eq!(entry.to_line(), line, "{name}: byte for byte what was hashed");
        }
        let proven = Proven::of(request.clone(), &entries, at(24 * 60)).unwrap();
        assert_eq!(*proven.request(), request, "{name}");
    }
}

#[test]
fn each_life_is_written_today_as_it_was() {
    for (name, request, history) in lives() {
        let text = fs::read_to_string(golden().join(format!("{name}.jsonl"))).unwrap();
        assert_eq!(written(&request, &history), text, "{name}");
    }
}

#[test]
fn every_event_is_in_one_of_the_lives_and_in_the_list_of_their_names() {
    let lives = lives();
    let events = lives.iter().flat_map(|(.., history)| history.iter().map(|entry| &entry.event));
    let told: BTreeSet<_> = events.map(Event::kind).collect();
    let known: BTreeSet<_> = Event::KINDS.into_iter().collect();
    assert!(told.is_subset(&known), "{told:?}");
    let rare = ["escalated", "review_overdue"];
    let untold: Vec<_> = known.difference(&told).filter(|kind| !rare.contains(kind)).collect();
    assert!(untold.is_empty(), "{untold:?}");
}

/// An attachment in each of its states.
fn attachments() -> [Attachment; 6] {
    let ann = Principal::User("ann".parse().unwrap());
    let deploy = Principal::Role("deploy".parse().unwrap());
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
    let id = |number: u8| RequestId::from_random([number; 10]);
    let key = AttachmentKey { principal: &ann, policy: &read_only };
    let other = AttachmentKey { principal: &deploy, policy: &read_only };
    let first = Attachment::acquire(None, key, &id(1), Presence::Absent, at(0)).unwrap();
    let known = Some(first.clone());
    let both = Attachment::acquire(known, key, &id(2), Presence::Attached, at(1)).unwrap();
    let found = Attachment::acquire(None, other, &id(3), Presence::Attached, at(2)).unwrap();
    let releasing = first.release(&id(1), at(3)).unwrap().0;
    let released = releasing.clone().detached(at(4));
    [first, both, found, releasing, released.clone(), released.checked()]
}

/// The other stored values: attachments, bars, drift, publications, outstanding requests, causes.
fn values() -> String {
    let on = || Principal::User("ann".parse().unwrap());
    let role = || Principal::Role("deploy".parse().unwrap());
    let policy = || "arn:aws:iam::aws:policy/ReadOnlyAccess".parse::<PolicyArn>().unwrap();
    let id = |number: u8| RequestId::from_random([number; 10]);
    let holdings = attachments();
    let bars = Bars::none(role()).with(&id(1)).unwrap().with(&id(2)).unwrap();
    let name = || "portcullis-1".to_owned();
    let drifts = [
        Drift::Leftover { on: on(), policy: name(), request: id(1) },
        Drift::Edited { on: on(), policy: name(), request: id(1) },
        Drift::Unheld { on: on(), policy: policy(), request: id(1) },
        Drift::Unbarred { on: role(), policy: name(), request: id(1) },
        Drift::Bars { on: role(), policy: name() },
        Drift::Missing { on: on(), policy: policy() },
        Drift::Unproven { request: id(1), why: "no history".to_owned() },
        Drift::Returned { on: on(), policy: policy() },
    ];
    let causes = [
        Cause::PrincipalGone,
        Cause::PrincipalReplaced,
        Cause::LimitExceeded,
        Cause::PolicyGone,
        Cause::PolicyRefused,
        Cause::NotPermitted,
        Cause::TooLate,
        Cause::RulesChanged { reasons: vec!["no more".to_owned()] },
    ];
    let published = Published {
        previous: Some(Digest::ZERO),
        changes: vec!["+ orders-read".to_owned()],
        proposed_by: Some(Actor::Caller("arn:aws:iam::123456789012:user/dora".to_owned())),
    };
    let publication = Publication::next(
        Chain::START,
        Digest::of("test", &1),
        at(0),
        Actor::Person(person("dora")),
        published,
    );
    let outstanding = Outstanding::nothing(person("ann"))
        .with(&id(1), &terms(owners(1)), at(0))
        .unwrap()
        .with(&id(2), &terms(break_glass()), at(1))
        .unwrap();
    let entries = DriftEntry::all(&drifts, at(5), &Actor::System);
    let lines = holdings
        .iter()
        .map(json)
        .chain([json(&bars)])
        .chain(entries.iter().map(json))
        .chain(causes.iter().map(json))
        .chain([json(&publication), json(&outstanding)]);
    lines.map(|line| line + "\n").collect()
}

#[test]
fn every_other_stored_value_is_written_today_as_it_was() {
    assert_eq!(values(), fs::read_to_string(golden().join("values.jsonl")).unwrap());
}

/// Writes the files again. Use it only to add a new life.
#[test]
#[ignore = "it overwrites what the others hold today's code against"]
fn write_them() {
    fs::create_dir_all(golden()).unwrap();
    fs::write(golden().join("values.jsonl"), values()).unwrap();
    for (name, request, history) in lives() {
        fs::write(golden().join(format!("{name}.jsonl")), written(&request, &history)).unwrap();
    }
}

fn json(value: &impl serde::Serialize) -> String {
    String::from_utf8(canonical(value)).unwrap()
}

fn written(request: &Request, history: &[Entry]) -> String {
    let lines = history.iter().map(Entry::to_line);
    let stored = String::from_utf8(canonical(request)).unwrap();
    lines.chain([stored]).map(|line| line + "\n").collect()
}
