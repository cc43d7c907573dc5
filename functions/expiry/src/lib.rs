//! `expiry`: the minute job. It closes access whose window is over, expires requests that were not
//! decided in time, and completes work that was cut short.
//!
//! It has reserved concurrency, unless the deployment says otherwise, so that no flood of other
//! calls keeps old grants from being closed.

use aws::metrics::JobReport;
use jiff::Timestamp;
use serde_json::json;
use service::{
    Error, Fault, Worker,
    ports::{Attachments, DriftLog, IamWrite, Rulebook, Store},
};

/// Rows that are due but are no requests: the log names at most this many in a minute. Up to 1,000
/// of each lane are counted.
const MOST_LOGGED: usize = 20;

/// Sweeps once.
///
/// Requests that could not be settled stay due and are tried again in a minute, so they do not fail
/// the invocation. If a part of the due requests cannot be read, the report says so.
pub async fn handle(
    worker: Worker<'_, impl Store + Attachments + DriftLog, impl IamWrite, impl Rulebook>,
    now: Timestamp,
    is_time_up: impl Fn() -> bool,
) -> Result<JobReport, Fault> {
    // They are few and come first, because a sweep may take all the time.
    let returned = worker.check_detached(now).await;
    let swept = worker.sweep(now, is_time_up).await;
    let drift = match &returned {
        Ok(returned) => {
            for drift in returned {
                tracing::warn!("drift: {drift}");
            }
            returned.len()
        }
        Err(fault) => {
            let cause = aws::telemetry::with_causes(fault);
            tracing::error!(cause, "could not look at what was taken away; again in a minute");
            0
        }
    };
    for (due, error) in &swept.failed {
        let (id, cause) = (&due.id, aws::telemetry::with_causes(error));
        tracing::error!(request.id = %id, cause, "{id} was not settled; trying again in a minute");
    }
    for key in swept.unread.iter().take(MOST_LOGGED) {
        tracing::error!(key = key.escape_debug().to_string(), "a row that is due is no request");
    }
    for fault in &swept.blind {
        let cause = aws::telemetry::with_causes(fault);
        tracing::error!(cause, "could not read all that is due");
    }
    let (settled, failed, left) = (swept.settled.len(), swept.not_settled, swept.left);
    if left > 0 {
        tracing::error!(left, "the time was up; so many, or more, wait for the next minute");
    }
    let (gave_up, unread) = (swept.gave_up, swept.unread.len());
    tracing::info!(settled, failed, left, gave_up, unread, drift, "swept");
    let is_unproven = |error: &Error| matches!(error, Error::Unproven(_));
    let unproven = swept.failed.iter().filter(|(_, error)| is_unproven(error)).count();
    let oldest = swept.waits_since.map(|since| since.duration_until(now).as_secs());
    let figures = vec![
        ("OldestOverdue", "Seconds", u64::try_from(oldest.unwrap_or_default()).unwrap_or_default()),
        ("NotSettled", "Count", count(failed)),
        ("NotLookedAt", "Count", count(left)),
        ("Unreadable", "Count", count(swept.unread.len())),
        ("Unproven", "Count", count(unproven)),
        ("GrantsFailed", "Count", count(swept.gave_up)),
        ("Drift", "Count", count(drift)),
    ];
    let answer = json!({ "settled": settled, "failed": failed, "left": left });
    Ok(JobReport { figures, answer, blind: swept.blind })
}

fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}
