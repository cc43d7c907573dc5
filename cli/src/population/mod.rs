//! The requests of a period, one row each: the population that auditors take samples from.
//!
//! A request is in it if it was asked for, waited, was open, or ended in the period. Denied, expired,
//! cancelled and failed ones are in it as well.

mod table;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use domain::{
    grant::Grant,
    history::{HistoryId, RawEntry},
    request::{Approval, Channel, Entry, Event, Request, Review, Statement, Verdict},
    value::RequestId,
};
use jiff::Timestamp;
use serde::Serialize;

pub use table::{Manifest, inert, to_csv, to_json_lines};

/// One request. The fields are in the order of the columns; a field without a value is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestRow {
    /// The id of the request.
    pub request_id: RequestId,
    /// The state after the last entry.
    pub status: String,
    /// The requester, by mail address.
    pub requester: String,
    /// The id of the entry of the catalogue.
    pub entitlement: String,
    /// The kind of the grant.
    pub kind: &'static str,
    /// The identity that the requester acts as.
    pub target: String,
    /// The tags of the entry, with spaces between them.
    pub tags: String,
    /// The time of the request.
    pub asked_at: Timestamp,
    /// The reason of the requester.
    pub reason: String,
    /// The ticket.
    pub ticket: String,
    /// The ways in which it could be approved: `people`, `rule` or `break_glass`.
    pub approved_by: &'static str,
    /// The digest of the rules that allowed the request.
    pub rules: String,
    /// The ids of the rules that allowed it, with spaces between them.
    pub rule_ids: String,
    /// Each answer: verdict, person, time, way and reason, with bars between the answers.
    pub decisions: String,
    /// The start of the window.
    pub granted_from: Option<Timestamp>,
    /// The end of the window, exclusive.
    pub granted_to: Option<Timestamp>,
    /// The time at which IAM showed the access.
    pub effective_at: Option<Timestamp>,
    /// The time at which the request ended, in whatever way.
    pub ended_at: Option<Timestamp>,
    /// The cause of the end.
    pub end_cause: String,
    /// Seconds from the end of the window, or from the order to revoke, until IAM was cleaned up. A
    /// fence ends access to the second in any case.
    pub closing_lag_seconds: Option<i64>,
    /// The request that this one extends.
    pub extends: Option<RequestId>,
    /// The number of times that credentials were given out.
    pub sessions: usize,
    /// The reviewer of access that was opened in an emergency.
    pub reviewed_by: String,
    /// The time of the review.
    pub reviewed_at: Option<Timestamp>,
    /// The outcome of the review: `approve`, `deny`, or `open` if there is none yet.
    pub review: String,
    /// The digest of what was granted.
    pub grant_digest: String,
    /// The number of entries.
    pub entries: usize,
    /// The hash of the first entry.
    pub first_hash: String,
    /// The hash of the last entry.
    pub last_hash: String,
}

/// The rows of all requests that lived in this period (both ends included), in order of time and id.
/// The lines may be in any order. An entry that a request cannot have is an error.
pub fn population(lines: &[RawEntry], from: Timestamp, to: Timestamp) -> Result<Vec<RequestRow>> {
    let mut histories: BTreeMap<&RequestId, Vec<&RawEntry>> = BTreeMap::new();
    for line in lines {
        if let HistoryId::Request(id) = &line.history {
            histories.entry(id).or_default().push(line);
        }
    }
    let mut rows = Vec::new();
    for (id, mut lines) in histories {
        lines.sort_by_key(|line| line.seq);
        let entries = lines.iter().map(|line| serde_json::from_str::<Entry>(line.as_str()));
        let unread = || format!("request {id} has an entry that this version does not know");
        let entries = entries.collect::<Result<Vec<_>, _>>().with_context(unread)?;
        let row = row_of(&entries).with_context(|| format!("request {id} cannot be told"))?;
        if row.asked_at <= to && row.ended_at.is_none_or(|ended_at| ended_at >= from) {
            rows.push(row);
        }
    }
    rows.sort_by(|one, other| {
        (one.asked_at, &one.request_id).cmp(&(other.asked_at, &other.request_id))
    });
    Ok(rows)
}

fn row_of(entries: &[Entry]) -> Result<RequestRow> {
    let request = Request::replay(entries)?;
    let terms = request.terms();
    let mut ends =
        entries.iter().filter_map(|entry| Some((entry.at, cause_of_end(entry, entries)?)));
    let (ended_at, end_cause) = ends.next_back().unzip();
    let reviewed = match request.review() {
        Some(Review::Done(decision)) => Some(decision),
        Some(Review::Open { .. } | Review::Overdue { .. }) | None => None,
    };
    let review = match (request.review(), reviewed) {
        (_, Some(decision)) => verdict(decision.verdict),
        (Some(_), None) => "open",
        (None, None) => "",
    };
    let at = |found: fn(&Event) -> bool| {
        entries.iter().find(|entry| found(&entry.event)).map(|entry| entry.at)
    };
    let closes_from = at(|event| matches!(event, Event::Revoking(_)))
        .or_else(|| request.window().map(|window| window.ends_at()));
    let gone_at = at(|event| matches!(event, Event::Ended | Event::Revoked { .. }));
    let lag = gone_at.zip(closes_from).map(|(gone, from)| from.duration_until(gone).as_secs());
    let hash = |entry: Option<&Entry>| entry.map(|entry| entry.hash.to_string());
    Ok(RequestRow {
        request_id: request.id().clone(),
        status: request.status().to_string(),
        requester: terms.requester.to_string(),
        entitlement: terms.entitlement.to_string(),
        kind: kind_of(&terms.grant),
        target: wording::acts_as(&terms.grant),
        tags: spaced(&terms.tags),
        asked_at: request.asked_at(),
        reason: terms.reason.as_str().to_owned(),
        ticket: terms.ticket.as_ref().map(ToString::to_string).unwrap_or_default(),
        approved_by: match terms.approval {
            Approval::People { .. } => "people",
            Approval::Rule => "rule",
            Approval::BreakGlass { .. } => "break_glass",
        },
        rules: terms.basis.rule_set.to_string(),
        rule_ids: spaced(&terms.basis.rule_ids),
        decisions: decisions_of(entries),
        granted_from: request.window().map(|window| window.starts_at()),
        granted_to: request.window().map(|window| window.ends_at()),
        effective_at: at(|event| matches!(event, Event::Activated)),
        ended_at,
        end_cause: end_cause.unwrap_or_default(),
        closing_lag_seconds: lag,
        extends: terms.extends.clone(),
        sessions: entries.iter().filter(|one| matches!(one.event, Event::Minting { .. })).count(),
        reviewed_by: reviewed.map(|decision| decision.answer.by.to_string()).unwrap_or_default(),
        reviewed_at: reviewed.map(|decision| decision.at),
        review: review.to_owned(),
        grant_digest: terms.grant.digest().to_string(),
        entries: entries.len(),
        first_hash: hash(entries.first()).unwrap_or_default(),
        last_hash: hash(entries.last()).unwrap_or_default(),
    })
}

/// The cause of the end, in words, if the request ends with this entry. What follows an end, such as a
/// review, opens nothing.
fn cause_of_end(entry: &Entry, entries: &[Entry]) -> Option<String> {
    let cause = match &entry.event {
        Event::Denied(said) => format!("denied by {}", by(said)),
        Event::Cancelled => "cancelled by the requester".to_owned(),
        Event::Expired => "not decided in time".to_owned(),
        Event::Ended => "the window was over".to_owned(),
        Event::Revoked { .. } => {
            let order = entries.iter().find_map(|entry| {
                if let Event::Revoking(said) = &entry.event { Some(by(said)) } else { None }
            });
            format!("revoked by {}", order.unwrap_or_default())
        }
        Event::Failed { cause } => format!("failed: {}", wording::advice(cause)),
        Event::Asked { .. }
        | Event::Approved(_)
        | Event::Reminded
        | Event::Escalated { .. }
        | Event::Scheduled { .. }
        | Event::Activating { .. }
        | Event::Activated
        | Event::Closing
        | Event::Revoking(_)
        | Event::Lifted
        | Event::Minting { .. }
        | Event::Reviewed { .. }
        | Event::ReviewOverdue => return None,
    };
    Some(cause)
}

fn by(said: &Statement) -> String {
    format!("{}: {}", said.by, said.reason.as_str())
}

fn decisions_of(entries: &[Entry]) -> String {
    let told = entries.iter().filter_map(|entry| {
        if matches!(entry.event, Event::Reviewed { .. }) {
            return None;
        }
        let (how, said) = entry.event.said()?;
        let at = entry.at;
        let way = match said.channel {
            Channel::Link => "link",
            Channel::SignedIn => "link and sign-in",
            Channel::Api => "API",
        };
        Some(format!("{} by {} at {at} ({way}): {}", verdict(how), said.by, said.reason.as_str()))
    });
    told.collect::<Vec<_>>().join(" | ")
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approve",
        Verdict::Deny => "deny",
    }
}

fn kind_of(grant: &Grant) -> &'static str {
    match grant {
        Grant::InlinePolicy { .. } => "inline_policy",
        Grant::ManagedPolicy { .. } => "managed_policy",
        Grant::Session { .. } => "session",
    }
}

fn spaced<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    all.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" ")
}
