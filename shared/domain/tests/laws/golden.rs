//! Histories as they were written once: what is stored and hashed is for ever.
//!
//! Each file of `golden` is the history of one request, a line an entry, and the request as
//! it was stored, in the last line. If one of these tests fails, requests that are under way
//! and records that auditors hold would not be believed any more: change what reads, and
//! leave the files as they are.

use std::{fs, path::PathBuf};

use domain::{
    Approval, Ask, Cause, Chain, Command, Entry, Line, Proven, Request, Verdict, canonical,
};
use jiff::{SignedDuration, Timestamp};

use crate::people::{
    HERE, ask, break_glass, decide, grants, opened, owners, person, revoke, session, shown,
    situation, start,
};

type Life = (&'static str, Request, Vec<Entry>);

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/laws/golden")
}

fn at(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

/// A request to which these happen, each so many minutes after the ask.
fn life(name: &'static str, ask: Ask, commands: &[(i64, Command)]) -> Life {
    let (mut request, mut history) = opened(ask);
    for (minutes, command) in commands {
        let mut command = command.clone();
        // What was shown is known once it was asked.
        if let Command::Decide { shown: seen, .. } = &mut command {
            *seen = shown(&request);
        }
        let (after, entries) = request.after(command, at(*minutes)).unwrap();
        history.extend(entries);
        request = after;
    }
    (name, request, history)
}

/// A life of each kind, with every event in one of them.
fn lives() -> Vec<Life> {
    let nothing = || shown(&opened(ask(owners(1))).0);
    let yes = |name: &str| decide(name, Verdict::Approve, nothing());
    let no = |name: &str| decide(name, Verdict::Deny, nothing());
    let by_session = |approval: Approval| Ask { grant: session(HERE), ..ask(approval) };
    let mint = Command::Mint { by: person("ann"), situation: situation() };
    let later = Ask { starts_at: Some(at(30)), ..ask(owners(1)) };
    let lasting = Ask {
        lasting: Some("robots need a key".to_owned()),
        sign_in: true,
        grant: grants().swap_remove(1),
        ..ask(Approval::Rule)
    };
    vec![
        life(
            "ended",
            ask(owners(2)),
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
        life("denied", ask(owners(1)), &[(1, no("carol"))]),
        life("cancelled", later, &[(1, yes("bob")), (2, Command::Cancel { by: person("ann") })]),
        life("reviewed", ask(break_glass()), &[(0, Command::Opened), (9, yes("bob"))]),
        life("failed", lasting, &[(1, Command::GiveUp(Cause::PolicyGone))]),
        life("waiting", ask(owners(1)), &[]),
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
            .try_fold(Chain::START, |chain, line| chain.follow(&line.parse::<Line>().unwrap()));
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

/// Writes the files anew: only for a life that is new.
#[test]
#[ignore = "it overwrites what the others hold today's code against"]
fn write_them() {
    fs::create_dir_all(golden()).unwrap();
    for (name, request, history) in lives() {
        fs::write(golden().join(format!("{name}.jsonl")), written(&request, &history)).unwrap();
    }
}

fn written(request: &Request, history: &[Entry]) -> String {
    let lines = history.iter().map(Entry::to_line);
    let stored = String::from_utf8(canonical(request)).unwrap();
    lines.chain([stored]).map(|line| line + "\n").collect()
}
