//! `expiry`: the minute job. Closes what is over, expires what nobody decided,
//! and repairs whatever was cut short.
//!
//! It has a run reserved for itself, unless the deployment says otherwise, so that
//! no flood of other calls keeps old grants from being closed.

use jiff::Timestamp;
use serde_json::{Value, json};
use service::{
    Fault,
    ports::{Grants, Rulebook, Store},
    sweep,
};

/// Sweeps once. The answer counts what was done, for whoever calls by hand.
///
/// Requests that could not be settled stay due and are tried again in a minute,
/// so they do not fail the invocation; not being able to look does.
pub async fn handle(
    store: &impl Store,
    (grants, rulebook): (&impl Grants, &impl Rulebook),
    now: Timestamp,
) -> Result<Value, Fault> {
    let swept = sweep(store, (grants, rulebook), now).await?;
    for (id, error) in &swept.failed {
        let cause = aws::telemetry::with_causes(error);
        tracing::error!(request.id = %id, cause, "{id} was not settled; trying again in a minute");
    }
    let (settled, failed) = (swept.settled.len(), swept.failed.len());
    tracing::info!(settled, failed, "swept");
    Ok(json!({ "settled": settled, "failed": failed }))
}
