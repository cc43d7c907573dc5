//! Answers as they were once: clients read them.
//!
//! The lives are those that the domain holds its histories against.

use std::{fs, path::PathBuf};

use domain::request::{Entry, Request};

use super::RequestView;

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
        let path = file("../../shared/domain/tests/laws/golden").join(format!("{life}.jsonl"));
        let text = fs::read_to_string(path).unwrap();
        let (history, stored) = text.trim_end().rsplit_once('\n').unwrap();
        let request: Request = serde_json::from_str(stored).unwrap();
        let read = |line| serde_json::from_str(line).unwrap();
        let history: Vec<Entry> = history.lines().map(read).collect();
        let view = RequestView::of(&request).with_timeline(&history, &[]);
        serde_json::to_string(&view).unwrap() + "\n"
    };
    LIVES.into_iter().map(answer).collect()
}

#[test]
fn every_answer_about_a_request_is_today_what_it_was() {
    assert_eq!(answers(), fs::read_to_string(file("src/view/golden.jsonl")).unwrap());
}

#[test]
#[ignore = "it overwrites what the other holds today's code against"]
fn write_them() {
    fs::write(file("src/view/golden.jsonl"), answers()).unwrap();
}
