//! Golden rows: keys, index attributes and bytes must never change.
//!
//! The lives are the golden lives of the domain. If this test fails, rows in existing tables would
//! not be found, or could not be read: change the code, not the file.

use std::{collections::BTreeMap, fs, path::PathBuf};

use aws_sdk_dynamodb::types::AttributeValue;
use testing::golden_lives;

use super::row::{Row, audit_row, event_row, state_row};

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/dynamo/golden.jsonl")
}

/// The rows of each life, one on each line, their attributes in the order of their names.
fn rows() -> String {
    let mut rows = Vec::new();
    for life in golden_lives() {
        rows.push(state_row(&life.request));
        for (entry, line) in life.history.iter().zip(&life.lines) {
            rows.push(event_row(entry));
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
    assert_eq!(rows(), fs::read_to_string(golden()).unwrap());
}

#[test]
#[ignore = "it overwrites what the other holds today's code against"]
fn write_them() {
    fs::write(golden(), rows()).unwrap();
}
