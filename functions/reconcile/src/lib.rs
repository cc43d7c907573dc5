//! `reconcile`: compares IAM with the records, every hour, and repairs what differs.
//!
//! It has a run and time of its own, so that the minute job never waits for the listing of
//! a large account. What cannot be repaired now is found again in an hour.

use aws::metrics::JobReport;
use domain::history::Actor;
use jiff::Timestamp;
use serde_json::json;
use service::{
    DriftReport, Fault, Mode, Worker,
    ports::{Attachments, DriftLog, IamWrite, Rulebook, Store},
};

/// Compares once.
pub async fn handle(
    worker: Worker<'_, impl Store + Attachments + DriftLog, impl IamWrite, impl Rulebook>,
    now: Timestamp,
) -> Result<JobReport, Fault> {
    let mode = Mode::Repair(Actor::System);
    let DriftReport { found, failed, mut blind } = worker.reconcile(mode, now).await?;
    for drift in &found {
        tracing::warn!("drift: {drift}");
    }
    for (drift, fault) in &failed {
        let cause = aws::telemetry::with_causes(fault);
        tracing::error!(cause, "not repaired, and tried again in an hour: {drift}");
    }
    let (drifts, failed) = (found.len(), failed.len());
    let unread = blind.len();
    tracing::info!(drifts, failed, unread, "compared");
    // What was found is mended; that not all was looked at is told as a failure.
    if let Some(fault) = blind.pop() {
        return Err(fault);
    }
    let count = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
    let figures = vec![("Drift", "Count", count(drifts)), ("NotMended", "Count", count(failed))];
    Ok(JobReport { figures, answer: json!({ "strays": drifts, "failed": failed }) })
}
