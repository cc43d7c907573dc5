//! `reconcile`: compares IAM with the record every hour, and repairs drift.
//!
//! It has a concurrency and a timeout of its own, so that the minute job never waits for the
//! listing of a large account. Drift that cannot be repaired now is found again in an hour.

use aws::metrics::JobReport;
use domain::history::Actor;
use jiff::Timestamp;
use serde_json::json;
use service::{
    DriftReport, Fault, Mode, Worker,
    ports::{Attachments, DriftLog, IamWrite, Rulebook, Store},
};

/// Reconciles once. If a part of the record could not be read, the report says so, after the repairs
/// of all other drift. If IAM cannot be read, it fails at once.
pub async fn handle(
    worker: Worker<'_, impl Store + Attachments + DriftLog, impl IamWrite, impl Rulebook>,
    now: Timestamp,
) -> Result<JobReport, Fault> {
    let mode = Mode::Repair(Actor::System);
    let DriftReport { found, failed, blind } = worker.reconcile(mode, now).await?;
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
    for fault in &blind {
        let cause = aws::telemetry::with_causes(fault);
        tracing::error!(cause, "the comparison is not whole");
    }
    let count = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
    let figures = vec![("Drift", "Count", count(drifts)), ("NotMended", "Count", count(failed))];
    let answer = json!({ "strays": drifts, "failed": failed });
    Ok(JobReport { figures, answer, blind })
}
