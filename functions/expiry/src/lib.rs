//! `expiry`: the minute job. Closes what is over, expires what nobody decided,
//! and repairs whatever was cut short. Every hour it looks at IAM itself.
//!
//! It has a run reserved for itself, unless the deployment says otherwise, so that
//! no flood of other calls keeps old grants from being closed.

use aws::metrics::Figure;
use domain::{Actor, Status};
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

/// What was done: figures, and for whoever calls by hand the same in short.
#[derive(Debug)]
pub struct Done {
    /// For the alarms.
    pub figures: Vec<Figure>,
    /// For people.
    pub answer: Value,
}

/// Does it.
pub async fn handle(
    store: &(impl Store + Holdings + DriftLog),
    (iam, rulebook): (&impl Iam, &impl Rulebook),
    task: &Task,
    now: Timestamp,
) -> Result<Done, Fault> {
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
) -> Result<Done, Fault> {
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
    let figures = vec![("Drift", "Count", count(strays)), ("NotMended", "Count", count(failed))];
    Ok(Done { figures, answer: json!({ "strays": strays, "failed": failed }) })
}

/// Sweeps once.
///
/// Requests that could not be settled stay due and are tried again in a minute,
/// so they do not fail the invocation; not being able to look does.
async fn swept(
    store: &impl Store,
    (grants, rulebook): (&impl Grants, &impl Rulebook),
    now: Timestamp,
) -> Result<Done, Fault> {
    let swept = sweep(store, (grants, rulebook), now).await?;
    for (due, error) in &swept.failed {
        let (id, cause) = (&due.id, aws::telemetry::with_causes(error));
        tracing::error!(request.id = %id, cause, "{id} was not settled; trying again in a minute");
    }
    let (settled, failed) = (swept.settled.len(), swept.failed.len());
    tracing::info!(settled, failed, "swept");
    let oldest = swept.failed.iter().map(|(due, _)| due.at.duration_until(now).as_secs()).max();
    let gave_up = swept.settled.iter().filter(|request| request.status() == Status::Failed).count();
    let figures = vec![
        ("OldestOverdue", "Seconds", u64::try_from(oldest.unwrap_or_default()).unwrap_or_default()),
        ("NotSettled", "Count", count(failed)),
        ("GrantsFailed", "Count", count(gave_up)),
    ];
    Ok(Done { figures, answer: json!({ "settled": settled, "failed": failed }) })
}

fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}
