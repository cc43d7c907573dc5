//! Comparing IAM with the records, by hand.

use anyhow::{Context, Result, ensure};
use aws::{
    clock,
    dynamo::{PublishedRules, RequestsTable},
    iam::AwsIam,
    telemetry::with_causes,
};
use domain::grant::Deployment;
use service::{Mode, Worker};

use crate::identity;

/// The scope of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReconcileScope {
    /// Grants in IAM that are not as recorded.
    Drift,
    /// All grants of the deployment, even open ones: they are removed.
    Everything,
}

/// Reports what was found, one line each. An error if something could not be repaired or read.
pub(super) async fn run(
    mode: fn(domain::history::Actor) -> Mode,
    table: String,
    stack: &str,
    scope: ReconcileScope,
) -> Result<String> {
    let sdk = aws::sdk::load("cli").await;
    let region = sdk.region().context("there is no AWS region; set AWS_REGION")?;
    let deployment = Deployment::of_stack(region.as_ref(), stack);
    let mode = mode(identity::author(&sdk).await?);
    let repairs = mode != Mode::DryRun;
    let rules = &PublishedRules::new(&sdk, table.clone());
    let store = &RequestsTable::new(&sdk, table);
    let iam = &AwsIam::new(&sdk).of(deployment);
    let worker = Worker { store, iam, rules };
    let report = match scope {
        ReconcileScope::Drift => worker.reconcile(mode, clock::now()).await?,
        ReconcileScope::Everything => worker.close_everything(mode, clock::now()).await?,
    };
    let mut text = report.found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    text += if text.is_empty() { "" } else { "\n" };
    text += match (report.found.is_empty(), repairs) {
        (true, _) if scope == ReconcileScope::Everything => "IAM holds nothing of this deployment.",
        (true, _) => "IAM is as the records say.",
        (false, true) => "This is on record.",
        (false, false) => "Nothing was changed. Without --dry-run it is.",
    };
    let failed =
        report.failed.iter().map(|(drift, fault)| format!("\n{drift}: {}", with_causes(fault)));
    let failed: String = failed.collect();
    ensure!(failed.is_empty(), "{text}\nNot all of it could be repaired; try again:{failed}");
    let unread: Vec<_> = report.blind.iter().map(|fault| with_causes(fault)).collect();
    let unread = unread.join("\n");
    ensure!(unread.is_empty(), "{text}\nNot all of the record could be read:\n{unread}");
    Ok(text)
}
