//! `reconcile`: compares IAM with the records, every hour, and repairs what differs.
//!
//! It has a run and time of its own, so that the minute job never waits for the listing of
//! a large account. What cannot be repaired now is found again in an hour.

use aws::metrics::Figure;
use domain::Actor;
use jiff::Timestamp;
use serde_json::{Value, json};
use service::{
    Fault, Found, Look,
    ports::{DriftLog, Holdings, Iam, Rulebook, Store},
    reconcile,
};

/// A finished comparison: figures for the alarms, and the same in short for a caller.
#[derive(Debug)]
pub struct Done {
    /// For the alarms.
    pub figures: Vec<Figure>,
    /// For people.
    pub answer: Value,
}

/// Compares once.
pub async fn handle(
    store: &(impl Store + Holdings + DriftLog),
    (iam, rulebook): (&impl Iam, &impl Rulebook),
    now: Timestamp,
) -> Result<Done, Fault> {
    let look = Look::AndMend(Actor::System);
    let Found { strays, failed, mut blind } = reconcile(store, (iam, rulebook), look, now).await?;
    for stray in &strays {
        tracing::warn!("drift: {stray}");
    }
    for (stray, fault) in &failed {
        let cause = aws::telemetry::with_causes(fault);
        tracing::error!(cause, "not repaired, and tried again in an hour: {stray}");
    }
    let (strays, failed) = (strays.len(), failed.len());
    tracing::info!(strays, failed, "compared");
    // What was found is mended; that not all was looked at is told as a failure.
    if let Some(fault) = blind.pop() {
        return Err(fault);
    }
    let count = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
    let figures = vec![("Drift", "Count", count(strays)), ("NotMended", "Count", count(failed))];
    Ok(Done { figures, answer: json!({ "strays": strays, "failed": failed }) })
}
