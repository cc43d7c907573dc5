//! The rules that decided about a request, from its record alone.

use std::{fmt::Write as _, path::Path};

use anyhow::{Context, Result, ensure};
use domain::{
    request::{Approval, Event, Terms, Verdict},
    value::{Basis, RequestId},
};
use serde_json::Value;
use wire::TimelineEntry;

use super::requests::ApiCommands;
use crate::export::Export;

pub(super) async fn run(
    id: &RequestId,
    record: Option<&Path>,
    api: &ApiCommands,
) -> Result<String> {
    let entries = if let Some(export) = record {
        exported(id, export)?
    } else {
        let timeline = api.request(id).await?.into_document()?.timeline;
        timeline.context("the record cannot be read")?
    };
    ensure!(!entries.is_empty(), "there is nothing on record about {id}");
    Ok(entries.iter().map(told).collect())
}

/// The entries of a request in an export of the audit record.
fn exported(id: &RequestId, export: &Path) -> Result<Vec<TimelineEntry>> {
    let Export { text, .. } = Export::read(export)?;
    let about = |line: &&str| {
        let value: Option<Value> = serde_json::from_str(line).ok();
        value.is_some_and(|value| value.get("request").and_then(Value::as_str) == Some(id.as_str()))
    };
    let entries = text.lines().filter(about).map(serde_json::from_str);
    entries.collect::<Result<_, _>>().context("the record cannot be read")
}

/// One entry, and the rules it rests on.
fn told(entry: &TimelineEntry) -> String {
    let mut text = format!("{:.0}  {}  {}\n", entry.at(), entry.kind(), entry.actor());
    let mut line = |words: String| _ = writeln!(text, "    {words}");
    let TimelineEntry::Known(entry) = entry else { return text };
    match &entry.event {
        Event::Asked { terms } => {
            line(format!("{} for {}: {}", terms.entitlement, terms.duration, terms.title));
            line(format!("allowed by {}", relied_on(&terms.basis)));
            wanted(terms).into_iter().for_each(line);
        }
        Event::Approved(answer) | Event::Denied(answer) => {
            line(format!("let answer by {}", relied_on(&answer.basis)));
        }
        Event::Reviewed { verdict, answer } => {
            let found = match verdict {
                Verdict::Approve => "in order",
                Verdict::Deny => "not in order",
            };
            line(format!("{found}; let review by {}", relied_on(&answer.basis)));
        }
        Event::Revoking(answer) => {
            line(format!("let revoke by {}", relied_on(&answer.basis)));
        }
        Event::Scheduled { window } | Event::Activating { window } => {
            line(format!("open from {} to {}", window.starts_at(), window.ends_at()));
        }
        Event::Failed { cause } => line(wording::advice(cause)),
        Event::Escalated { to } => line(format!("to {}", named(to))),
        Event::Cancelled
        | Event::Expired
        | Event::Reminded
        | Event::Closing
        | Event::Revoked { .. }
        | Event::Lifted
        | Event::Minting { .. }
        | Event::Activated
        | Event::Ended
        | Event::ReviewOverdue => {}
    }
    text
}

/// The approval between the request and its access, in lines.
fn wanted(terms: &Terms) -> Vec<String> {
    match &terms.approval {
        Approval::Rule => vec!["nobody had to be asked".to_owned()],
        Approval::BreakGlass { reviewers, review_by, .. } => vec![format!(
            "opened in an emergency, to be reviewed by {review_by:.0} by {}",
            named(reviewers)
        )],
        Approval::People { steps, decide_by, nudges: _ } => {
            let step = |step: &domain::request::Step| {
                format!("step {}: {} of {}", step.name, step.quorum, named(&step.approvers))
            };
            let deadline = format!("to be decided by {decide_by:.0}");
            steps.0.iter().map(step).chain([deadline]).collect()
        }
    }
}

fn relied_on(basis: &Basis) -> String {
    let digest: String = basis.rule_set.to_string().chars().take(12).collect();
    format!("{} of rules {digest}", named(&basis.rule_ids))
}

fn named<T: ToString>(things: impl IntoIterator<Item = T>) -> String {
    things.into_iter().map(|thing| thing.to_string()).collect::<Vec<_>>().join(", ")
}
