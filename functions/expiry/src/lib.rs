//! `expiry`: the minute job. Closes what is over, expires what nobody decided,
//! and repairs whatever was cut short.
//!
//! It has a run reserved for itself, unless the deployment says otherwise, so that
//! no flood of other calls keeps old grants from being closed.

use aws::metrics::Figure;
use domain::Status;
use jiff::Timestamp;
use serde_json::{Value, json};
use service::{
    Error, Fault, Granting, check_released,
    ports::{DriftLog, Holdings, Iam, Rulebook, Store},
    sweep,
};

/// A finished sweep: figures for the alarms, and the same in short for a caller.
#[derive(Debug)]
pub struct Done {
    /// For the alarms.
    pub figures: Vec<Figure>,
    /// For people.
    pub answer: Value,
}

/// Sweeps once.
///
/// Requests that could not be settled stay due and are tried again in a minute,
/// so they do not fail the invocation; not being able to look does.
pub async fn handle(
    store: &(impl Store + Holdings + DriftLog),
    (iam, rulebook): (&impl Iam, &impl Rulebook),
    now: Timestamp,
) -> Result<Done, Fault> {
    // Few, and first: a sweep may take all the time there is.
    let returned = check_released(store, iam, now).await;
    let swept = sweep(store, (&Granting { holdings: store, iam }, rulebook), now).await?;
    let drift = match &returned {
        Ok(returned) => {
            for stray in returned {
                tracing::warn!("drift: {stray}");
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
    let (settled, failed) = (swept.settled.len(), swept.failed.len());
    tracing::info!(settled, failed, "swept");
    let is_unproven = |error: &Error| matches!(error, Error::Unproven(_));
    let unproven = swept.failed.iter().filter(|(_, error)| is_unproven(error)).count();
    // What nothing proves is not open, and has an alarm of its own.
    let late = swept.failed.iter().filter(|(_, error)| !is_unproven(error));
    let oldest = late.map(|(due, _)| due.at.duration_until(now).as_secs()).max();
    let gave_up = swept.settled.iter().filter(|request| request.status() == Status::Failed).count();
    let figures = vec![
        ("OldestOverdue", "Seconds", u64::try_from(oldest.unwrap_or_default()).unwrap_or_default()),
        ("NotSettled", "Count", count(failed)),
        ("Unproven", "Count", count(unproven)),
        ("GrantsFailed", "Count", count(gave_up)),
        ("Drift", "Count", count(drift)),
    ];
    Ok(Done { figures, answer: json!({ "settled": settled, "failed": failed }) })
}

fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}
