//! Rows: their keys, and their attributes where several adapters share them.

use std::collections::HashMap;

use crate::stream::Written;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    grant::AttachmentKey,
    history::{DriftEntry, HistoryId, Publication, RawEntry},
    request::{Entry, Request},
    value::{RequestId, canonical_text},
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use service::{
    Delivery, Fault,
    ports::{Lane, PARTS, Part, Snapshot},
};

/// A row, as the SDK takes and returns it.
pub(super) type Row = HashMap<String, AttributeValue>;

/// Number of partitions of an index over which its rows are spread.
pub(super) const SHARDS: u8 = PARTS;

pub(super) const STATE: &str = "STATE";

/// The partition of the rules, and the sort key of the row that names the set in force.
pub(super) const RULES: &str = "RULES";
pub(super) const IN_FORCE: &str = "CURRENT";

/// The sort key of the set that waits for a second publisher.
pub(super) const PROPOSED: &str = "PROPOSED";

/// The partition of the bars of roles.
pub(super) const BARS: &str = "BARS";

/// The partition of attachments.
pub(super) const ATTACHMENTS: &str = "HOLD";

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

pub(super) fn row<const N: usize>(fields: [(&str, AttributeValue); N]) -> Row {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Row {
    row([("pk", text(pk)), ("sk", text(sk))])
}

pub(super) fn request_key(id: &RequestId) -> String {
    format!("REQ#{id}")
}

/// The partition of a history.
pub(super) fn history_key(history: &HistoryId) -> String {
    match history {
        HistoryId::Request(id) => request_key(id),
        HistoryId::Rules => RULES.to_owned(),
        HistoryId::Drift(at) => format!("DRIFT#{at}"),
    }
}

/// The key of the row that names the set in force.
pub(super) fn in_force_key() -> Row {
    key(RULES, IN_FORCE)
}

/// The partition of the index `due` for one part.
pub(super) fn due_part(part: Part) -> String {
    let lane = match part.lane {
        Lane::Closing => "CLOSE",
        Lane::Waiting => "DUE",
        Lane::Barred => "BAR",
    };
    format!("{lane}#{}", part.shard)
}

/// The shard of a request, which never changes.
pub(super) fn shard_of(id: &RequestId) -> u8 {
    id.as_str().bytes().fold(0_u8, u8::wrapping_add) % SHARDS
}

/// A number in a sort key: eight digits keep histories in order.
pub(super) fn seq(seq: u64) -> String {
    format!("{seq:08}")
}

/// The row of a request itself, with the attributes that put it into the indexes. A request without
/// a due time has no `due`, and so leaves that index.
pub(super) fn state_row(request: &Request) -> Row {
    let mut row = row([
        ("pk", text(request_key(request.id()))),
        ("sk", text(STATE)),
        ("body", text(json(request))),
        ("version", number(request.version())),
        ("status", text(request.status().as_str())),
        ("requester", text(request.terms().requester.as_str())),
        ("asked_at", number(request.asked_at().as_millisecond())),
    ]);
    if let Some(due_at) = request.due_at() {
        let part = Part { lane: Lane::of(request), shard: shard_of(request.id()) };
        row.insert("due".to_owned(), text(due_part(part)));
        row.insert("due_at".to_owned(), number(due_at.as_millisecond()));
    }
    row
}

/// The row of one entry of a request's history.
pub(super) fn event_row(entry: &Entry) -> Row {
    let pk = request_key(&entry.request);
    history_row(pk, entry.seq, (entry.event.kind(), entry.to_line()))
}

/// The row of one publication of the rules.
pub(super) fn publication_row(publication: &Publication) -> Row {
    let pk = history_key(&HistoryId::Rules);
    history_row(pk, publication.seq, ("published", publication.to_line()))
}

/// The row of one drift that was found in IAM.
pub(super) fn sighting_row(entry: &DriftEntry) -> Row {
    let pk = history_key(&HistoryId::Drift(entry.drift));
    history_row(pk, entry.seq, ("drifted", entry.to_line()))
}

fn history_row(pk: String, at: u64, (kind, line): (&str, String)) -> Row {
    row([
        ("pk", text(pk)),
        ("sk", text(format!("EVENT#{}", seq(at)))),
        ("type", text(kind)),
        ("body", text(line)),
    ])
}

/// The key of an attachment.
pub(super) fn attachment_key(key: AttachmentKey<'_>) -> (String, String) {
    (ATTACHMENTS.to_owned(), format!("{}#{}", key.principal, key.policy))
}

/// The partition of the deliveries of mails about a request.
pub(super) fn mails_key(id: &RequestId) -> String {
    format!("MAIL#{id}")
}

/// The row of one delivery. A delivery that is recorded twice is one row.
pub(super) fn delivery_row(delivery: &Delivery) -> Row {
    let Delivery { mail_ref, to, outcome, .. } = delivery;
    row([
        ("pk", text(mails_key(&mail_ref.request))),
        ("sk", text(format!("{}#{to}#{outcome}", seq(mail_ref.seq)))),
        ("body", text(canonical_text(delivery))),
    ])
}

/// The row of one line in the audit table, with the attributes of the index by day.
pub(super) fn audit_row(line: &RawEntry) -> Row {
    let history = history_key(&line.history);
    let place = format!("{:014}#{history}#{}", line.at.as_millisecond(), seq(line.seq));
    let shard = match &line.history {
        HistoryId::Request(id) => shard_of(id),
        HistoryId::Rules | HistoryId::Drift(_) => 0,
    };
    row([
        ("pk", text(history)),
        ("sk", text(seq(line.seq))),
        ("day", text(day_shard(&day(line.at), shard))),
        ("place", text(place)),
        ("body", text(line.as_str())),
    ])
}

/// A row of the audit table with the attributes of the index by arrival.
pub(super) fn arriving(mut row: Row, now: Timestamp) -> Row {
    row.insert("arrived".to_owned(), text(hour(now)));
    row.insert("arrived_at".to_owned(), number(now.as_millisecond()));
    row
}

/// The partition of the index by arrival: an hour of UTC.
pub(super) fn hour(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H").to_string()
}

pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

pub(super) fn day_shard(day: &str, shard: u8) -> String {
    format!("{day}#{shard}")
}

/// The request id in the key of a row.
pub(super) fn request_id_in(row: &Row) -> Result<RequestId, Fault> {
    let key = string(row, "pk")?;
    key.strip_prefix("REQ#")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Fault::new("read row", "its key names no request").on(name_of(row)))
}

/// The key of a row, as a fault names it: see [`name_of_key`].
pub(super) fn name_of(row: &Row) -> String {
    let part = |name| match row.get(name) {
        Some(AttributeValue::S(text)) => text.as_str(),
        Some(_) | None => "?",
    };
    name_of_key(part("pk"), part("sk"))
}

/// The text of a key, as a fault names it. The idempotency key of a call and the addresses in the
/// keys of `ASKS#` and `MAIL#` are left out, because people chose them (law 21).
pub(super) fn name_of_key(pk: &str, sk: &str) -> String {
    match pk.split('#').collect::<Vec<_>>().as_slice() {
        ["IDEM", caller, ..] => format!("IDEM#{caller}#…"),
        ["ASKS", ..] => "ASKS#…".to_owned(),
        ["MAIL", ..] => format!("{pk} …"),
        _ => format!("{pk} {sk}"),
    }
}

pub(super) fn string<'row>(row: &'row Row, name: &str) -> Result<&'row str, Fault> {
    match row.get(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        Some(_) | None => {
            Err(Fault::new("read row", format!("attribute `{name}` is missing")).on(name_of(row)))
        }
    }
}

pub(super) fn parsed<T: std::str::FromStr>(row: &Row, name: &str) -> Result<T, Fault> {
    let wrong =
        || Fault::new("read row", format!("attribute `{name}` is malformed")).on(name_of(row));
    string(row, name)?.parse().map_err(|_| wrong())
}

/// The value whose JSON is in the body of a row. `what` names the attempt in a fault.
pub(super) fn body<T: DeserializeOwned>(row: &Row, what: &'static str) -> Result<T, Fault> {
    let read = serde_json::from_str(string(row, "body")?);
    read.map_err(|error| Fault::new(what, error).on(name_of(row)))
}

pub(super) fn whole_number(row: &Row, name: &str) -> Result<i64, Fault> {
    match row.get(name) {
        Some(AttributeValue::N(number)) => number.parse().ok(),
        Some(_) | None => None,
    }
    .ok_or_else(|| {
        Fault::new("read row", format!("attribute `{name}` is missing")).on(name_of(row))
    })
}

/// The request of a row. A request that the key does not name is a fault.
pub(super) fn request(row: &Row) -> Result<Request, Fault> {
    let text = |name| string(row, name).map(str::to_owned);
    request_of(&Written { pk: text("pk")?, sk: text("sk")?, body: text("body")? })
}

/// A request and the digest of the rules in force, from rows in any order. None without the row of
/// the request.
pub(super) fn snapshot(rows: Vec<Row>) -> Result<Option<Snapshot>, Fault> {
    let (mut found, mut rules) = (None, None);
    for row in rows {
        if string(&row, "sk")? == STATE {
            found = Some(request(&row)?);
        } else {
            rules = Some(parsed(&row, "digest")?);
        }
    }
    Ok(found.map(|request| Snapshot { request, rules }))
}

pub(super) fn entry(row: &Row) -> Result<Entry, Fault> {
    let unread = |error| Fault::new("read entry", error).on(name_of(row)).unreadable();
    serde_json::from_str(string(row, "body").map_err(Fault::unreadable)?).map_err(unread)
}

/// The raw entry of a row. An entry under a key that is not its own is a fault: IAM limits which
/// function writes which keys, and the audit record relies on that.
pub fn line_of(row: &Written) -> Result<RawEntry, Fault> {
    let name = || name_of_key(&row.pk, &row.sk);
    let failed = |flaw| Fault::new("read entry", flaw).on(name());
    let line: RawEntry = row.body.parse().map_err(failed)?;
    let place = (history_key(&line.history), format!("EVENT#{}", seq(line.seq)));
    if place == (row.pk.clone(), row.sk.clone()) {
        Ok(line)
    } else {
        Err(Fault::new("read entry", "it is not where it says it belongs").on(name()))
    }
}

/// Reads the request of a row. A request that the key does not name is a fault.
pub fn request_of(row: &Written) -> Result<Request, Fault> {
    let name = || name_of_key(&row.pk, &row.sk);
    let read = serde_json::from_str::<Request>(&row.body);
    let request = read.map_err(|error| Fault::new("read request", error).on(name()))?;
    if request_key(request.id()) == row.pk && row.sk == STATE {
        Ok(request)
    } else {
        Err(Fault::new("read request", "it is not where it says it belongs").on(name()))
    }
}

fn json(request: &Request) -> String {
    canonical_text(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_a_row_and_nothing_that_somebody_has_chosen() {
        assert_eq!(name_of_key("REQ#01", "STATE"), "REQ#01 STATE");
        assert_eq!(name_of_key("IDEM#ab12#my-secret#x", "-"), "IDEM#ab12#…");
        assert_eq!(name_of_key("ASKS#ann@example.com", "-"), "ASKS#…");
        assert_eq!(name_of_key("MAIL#01", "00000002#ann@example.com#sent"), "MAIL#01 …");
        assert_eq!(name_of(&row([("sk", text("x"))])), "? x");
    }
}
