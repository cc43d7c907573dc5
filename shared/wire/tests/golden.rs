//! Golden answers: clients read them, so they must not change.
//!
//! The lives are the golden lives of the domain.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::PathBuf};

use testing::golden_lives;
use wire::RequestDocument;

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden.jsonl")
}

/// The request of each life with its timeline, one on each line.
fn answers() -> String {
    let answer = |life: testing::GoldenLife| {
        let document = RequestDocument::from(&life.request);
        let document = document.with_timeline(life.history, &[]);
        serde_json::to_string(&document).unwrap() + "\n"
    };
    golden_lives().into_iter().map(answer).collect()
}

#[test]
fn every_answer_about_a_request_is_today_what_it_was() {
    assert_eq!(answers(), fs::read_to_string(golden()).unwrap());
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
    fs::write(golden(), answers()).unwrap();
}
