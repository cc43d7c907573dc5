//! `expiry`: the minute job. Closes what is over, expires what nobody decided,
//! and repairs whatever was cut short. Every hour it looks at IAM itself.
//!
//! It has a run reserved for itself, unless the deployment says otherwise, so that
//! no flood of other calls keeps old grants from being closed.

use domain::Actor;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{
    Fault, Found, Granting, Look,
    ports::{DriftLog, Grants, Holdings, Iam, Rulebook, Store},
    reconcile, sweep,
};

/// What is to be done, as the schedule says it: every minute the sweep, every hour the
/// look at IAM.
#[derive(Debug, Default, Deserialize)]
pub struct Task {
    #[serde(default)]
    reconcile: bool,
}

/// Does it, and counts what was done, for whoever calls by hand.
pub async fn handle(
    store: &(impl Store + Holdings + DriftLog),
    (iam, rulebook): (&impl Iam, &impl Rulebook),
    task: &Task,
    now: Timestamp,
) -> Result<Value, Fault> {
    if task.reconcile {
        compared(store, iam, now).await
    } else {
        swept(store, (&Granting { holdings: store, iam }, rulebook), now).await
    }
}

/// Compares IAM with the records.
async fn compared(
    store: &(impl Store + Holdings + DriftLog),
    iam: &impl Iam,
    now: Timestamp,
) -> Result<Value, Fault> {
    let Found { strays, failed } = reconcile(store, iam, Look::AndMend(Actor::System), now).await?;
    for stray in &strays {
        tracing::warn!("drift: {stray}");
    }
    for (stray, fault) in &failed {
        let cause = aws::telemetry::with_causes(fault);
        tracing::error!(cause, "not mended, and tried again in an hour: {stray}");
    }
    let (strays, failed) = (strays.len(), failed.len());
    tracing::info!(strays, failed, "compared");
    Ok(json!({ "strays": strays, "failed": failed }))
}

/// Sweeps once.
///
/// Requests that could not be settled stay due and are tried again in a minute,
/// so they do not fail the invocation; not being able to look does.
async fn swept(
    store: &impl Store,
    (grants, rulebook): (&impl Grants, &impl Rulebook),
    now: Timestamp,
) -> Result<Value, Fault> {
    let swept = sweep(store, (grants, rulebook), now).await?;
    for (due, error) in &swept.failed {
        let (id, cause) = (due.request.id(), aws::telemetry::with_causes(error));
        tracing::error!(request.id = %id, cause, "{id} was not settled; trying again in a minute");
    }
    let (settled, failed) = (swept.settled.len(), swept.failed.len());
    tracing::info!(settled, failed, "swept");
    Ok(json!({ "settled": settled, "failed": failed }))
}
