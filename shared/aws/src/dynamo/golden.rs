//! Rows as they were written once: keys, indexes and bytes are for ever.
//!
//! The lives are those that the domain holds its histories against. If this fails, rows that
//! are in the tables would not be found, or not be read: change the code, not the file.

use std::{collections::BTreeMap, fs, path::PathBuf};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::request::{Entry, Request};

use super::row::{Row, audit_row, event_row, state_row};

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

/// Each row of each life, a line a row, its attributes in their order.
fn rows() -> String {
    let mut rows = Vec::new();
    for life in LIVES {
        let path = file("../domain/tests/laws/golden").join(format!("{life}.jsonl"));
        let text = fs::read_to_string(path).unwrap();
        let (history, stored) = text.trim_end().rsplit_once('\n').unwrap();
        rows.push(state_row(&serde_json::from_str::<Request>(stored).unwrap()));
        for line in history.lines() {
            rows.push(event_row(&serde_json::from_str::<Entry>(line).unwrap()));
            rows.push(audit_row(&line.parse().unwrap()));
        }
    }
    rows.iter().map(|row| written(row) + "\n").collect()
}

fn written(row: &Row) -> String {
    let plain = |value: &AttributeValue| {
        let text = value.as_s().map(|text| format!("S {text}"));
        text.or_else(|_| value.as_n().map(|number| format!("N {number}"))).unwrap()
    };
    let row: BTreeMap<_, _> = row.iter().map(|(name, value)| (name, plain(value))).collect();
    serde_json::to_string(&row).unwrap()
}

#[test]
fn every_row_of_a_life_is_written_today_as_it_was() {
    assert_eq!(rows(), fs::read_to_string(file("src/dynamo/golden.jsonl")).unwrap());
}

#[test]
#[ignore = "it overwrites what the other holds today's code against"]
fn write_them() {
    fs::write(file("src/dynamo/golden.jsonl"), rows()).unwrap();
}
