//! Answers as they were once: clients read them.
//!
//! The lives are those that the domain holds its histories against.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::PathBuf};

use domain::request::{Entry, Request};

use wire::RequestDocument;

const LIVES: [&str; 9] = [
    "cancelled",
    "denied",
    "ended",
    "expired",
    "failed",
    "managed",
    "reviewed",
    "revoked",
    "waiting",
];

fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The request of each life with its timeline, a line each.
fn answers() -> String {
    let answer = |life| {
        let path = file("../domain/tests/laws/golden").join(format!("{life}.jsonl"));
        let text = fs::read_to_string(path).unwrap();
        let (history, stored) = text.trim_end().rsplit_once('\n').unwrap();
        let request: Request = serde_json::from_str(stored).unwrap();
        let read = |line| serde_json::from_str(line).unwrap();
        let history: Vec<Entry> = history.lines().map(read).collect();
        let document = RequestDocument::from(&request).with_timeline(history, Vec::new());
        serde_json::to_string(&document).unwrap() + "\n"
    };
    LIVES.into_iter().map(answer).collect()
}

#[test]
fn every_answer_about_a_request_is_today_what_it_was() {
    assert_eq!(answers(), fs::read_to_string(file("tests/golden.jsonl")).unwrap());
}

#[test]
fn every_answer_is_read_back_as_it_was_written() {
    for line in answers().lines() {
        let read: RequestDocument = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }
}

#[test]
#[ignore = "it overwrites what the other holds today's code against"]
fn write_them() {
    fs::write(file("tests/golden.jsonl"), answers()).unwrap();
}
