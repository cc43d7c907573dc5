//! The population that auditors take samples from: each request of a period, however it ended.

#![expect(clippy::unwrap_used, reason = "tests")]

use domain::{
    history::{Chain, RawEntry},
    request::{Entry, Event},
    value::RequestId,
};
use jiff::{SignedDuration, Timestamp};
use portcullis::population::{RequestRow, inert, population, to_csv, to_json_lines};

/// All golden lives, each as the life of another request.
fn lines() -> Vec<RawEntry> {
    let mut lines = Vec::new();
    for (number, life) in (1..).zip(testing::golden_lives()) {
        let (id, mut chain) = (RequestId::from_random([number; 10]), Chain::START);
        for entry in life.history {
            let entry = Entry::next(chain, &id, entry.at, entry.actor, entry.event);
            chain = Chain { seq: entry.seq, head: entry.hash };
            lines.push(entry.to_line().parse().unwrap());
        }
    }
    lines
}

fn all() -> Vec<RequestRow> {
    population(&lines(), Timestamp::MIN, Timestamp::MAX).unwrap()
}

#[test]
fn each_request_is_one_row_however_it_ended() {
    let rows = all();
    assert_eq!(rows.len(), testing::golden_lives().len());
    for status in ["cancelled", "denied", "ended", "expired", "failed", "revoked"] {
        let row = rows.iter().find(|row| row.status == status);
        let row = row.unwrap_or_else(|| unreachable!("none is {status}"));
        assert!(row.ended_at.is_some() && !row.end_cause.is_empty(), "{row:?}");
        assert_eq!(row.entries > 1, row.first_hash != row.last_hash);
    }
    let denied = rows.iter().find(|row| row.status == "denied").unwrap();
    assert!(denied.end_cause.starts_with("denied by ") && denied.decisions.starts_with("deny by "));
    assert_eq!((denied.granted_from, denied.effective_at), (None, None));
    let ended = rows.iter().find(|row| row.status == "ended" && row.effective_at.is_some());
    let ended = ended.unwrap();
    assert!(ended.granted_to.unwrap() <= ended.ended_at.unwrap());
    assert!(ended.closing_lag_seconds.unwrap() >= 0);
    let open = rows.iter().filter(|row| row.ended_at.is_none());
    assert!(open.clone().count() > 0 && open.into_iter().all(|row| row.end_cause.is_empty()));
}

#[test]
fn a_period_has_what_began_was_open_or_ended_in_it_and_nothing_else() {
    let rows = all();
    let row = rows.iter().find(|row| row.status == "ended").unwrap();
    let (asked, ended) = (row.asked_at, row.ended_at.unwrap());
    let second = SignedDuration::from_secs(1);
    let has = |from: Timestamp, to: Timestamp| {
        let rows = population(&lines(), from, to).unwrap();
        rows.iter().any(|found| found.request_id == row.request_id)
    };
    assert!(has(asked - second, asked) && has(ended, ended + second), "the ends count");
    assert!(has(asked + second, asked + second), "it was there all the time");
    assert!(!has(asked - second - second, asked - second));
    assert!(!has(ended + second, Timestamp::MAX));
}

#[test]
fn a_table_program_sees_no_formula_and_nothing_is_lost() {
    let mut lines = lines();
    let first = lines.iter().position(|line| line.seq == 1).unwrap();
    let mut entry: Entry = serde_json::from_str(lines[first].as_str()).unwrap();
    let Event::Asked { terms } = &mut entry.event else { unreachable!() };
    let reason = "=HYPERLINK(\"https://example.com\"), \"quoted\"";
    terms.reason = reason.parse().unwrap();
    let entry = Entry::next(Chain::START, &entry.request, entry.at, entry.actor, entry.event);
    // The life begins anew with this entry alone.
    let history = lines[first].history.clone();
    lines.retain(|line| line.history != history);
    lines.push(entry.to_line().parse().unwrap());
    let rows = population(&lines, Timestamp::MIN, Timestamp::MAX).unwrap();
    let text = to_csv(&rows).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let column = reader.headers().unwrap().iter().position(|name| name == "reason").unwrap();
    let reasons: Vec<_> =
        reader.records().map(|record| record.unwrap()[column].to_owned()).collect();
    assert!(reasons.contains(&format!("'{reason}")), "{reasons:?}");
    assert!(text.lines().count() >= rows.len() && text.contains("\r\n"));
    for (cell, safe) in
        [("=1", "'=1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"), ("'x", "''x")]
    {
        assert_eq!(inert(cell), safe);
        assert_eq!(&safe[1..], cell, "the first apostrophe can be taken away");
    }
    assert_eq!(inert("a=1"), "a=1");
}

#[test]
fn json_lines_have_the_same_rows_and_typed_values() {
    let rows = all();
    let text = to_json_lines(&rows).unwrap();
    let read: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.len(), rows.len());
    let ids = |status: &str| read.iter().filter(|row| row["status"] == status).count();
    let ended = rows.iter().filter(|row| row.status == "ended").count();
    assert_eq!(ids("ended"), ended);
    assert!(read.iter().all(|row| row["entries"].is_u64() && row["asked_at"].is_string()));
}

#[test]
fn a_period_without_requests_has_the_same_header_as_any_other() {
    let empty = to_csv(&[]).unwrap();
    let full = to_csv(&all()).unwrap();
    assert_eq!(empty.lines().count(), 1);
    assert!(full.starts_with(&empty));
    let row = serde_json::to_value(&all()[..1]).unwrap();
    let fields = row[0].as_object().unwrap();
    let header: Vec<_> = empty.trim_end().split(',').collect();
    assert_eq!(header.len(), fields.len());
    assert!(header.iter().all(|name| fields.contains_key(*name)), "{header:?}");
    // Each value is under its own name: the order is that of the fields.
    let mut reader = csv::Reader::from_reader(full.as_bytes());
    for record in reader.deserialize::<std::collections::BTreeMap<String, String>>() {
        let record = record.unwrap();
        let row = all().into_iter().find(|row| row.request_id.as_str() == record["request_id"]);
        let row = row.unwrap();
        assert_eq!((&record["status"], &record["last_hash"]), (&row.status, &row.last_hash));
        assert_eq!(record["entries"], row.entries.to_string());
        assert_eq!(record["grant_digest"], row.grant_digest);
    }
}
