//! Comparing IAM with the records, by hand.

use anyhow::{Context, Result, ensure};
use aws::{
    clock,
    dynamo::{PublishedRules, RequestsTable},
    iam::AwsIam,
    telemetry::with_causes,
};
use domain::Deployment;
use service::{Look, close_everything, reconcile};

use crate::identity;

/// The grants that are taken for left over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Those that the records do not know, or know otherwise.
    Drift,
    /// All of the deployment.
    Everything,
}

/// Says what was found, a line each; an error if something of it was not mended.
pub(super) async fn run(
    look: fn(domain::Actor) -> Look,
    (table, stack): (String, &str),
    scope: Scope,
) -> Result<String> {
    let sdk = aws::sdk::load("cli").await;
    let region = sdk.region().context("there is no AWS region; set AWS_REGION")?;
    let deployment = Deployment::of_stack(region.as_ref(), stack);
    let look = look(identity::author(&sdk).await?);
    let mends = look != Look::Only;
    let rules = PublishedRules::new(&sdk, table.clone());
    let store = RequestsTable::new(&sdk, table);
    let iam = AwsIam::new(&sdk).of(deployment);
    let found = match scope {
        Scope::Drift => reconcile(&store, (&iam, &rules), look, clock::now()).await?,
        Scope::Everything => close_everything(&store, (&iam, &rules), look, clock::now()).await?,
    };
    let mut text = found.strays.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    text += if text.is_empty() { "" } else { "\n" };
    text += match (found.strays.is_empty(), mends) {
        (true, _) if scope == Scope::Everything => "IAM holds nothing of this deployment.",
        (true, _) => "IAM is as the records say.",
        (false, true) => "This is on record.",
        (false, false) => "Nothing was changed. Without --dry-run it is.",
    };
    let failed =
        found.failed.iter().map(|(stray, fault)| format!("\n{stray}: {}", with_causes(fault)));
    let failed: String = failed.collect();
    ensure!(failed.is_empty(), "{text}\nNot all of it was mended; try again:{failed}");
    let unseen: Vec<_> = found.blind.iter().map(|fault| with_causes(fault)).collect();
    let unseen = unseen.join("\n");
    ensure!(unseen.is_empty(), "{text}\nNot all of the record could be read:\n{unseen}");
    Ok(text)
}
