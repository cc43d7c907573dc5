//! Compares IAM with the record, and repairs drift.
//!
//! A sweep works from the record, and so sees only what was recorded. Reconciliation reads IAM
//! itself: it finds policies that a late call put after the request was closed, leftovers of
//! records that were lost or restored from a backup, and changes by hand. Access that somebody
//! removed by hand stays removed: the access is closed, and only its holder is harmed.

mod records;
mod repair;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    grant::{Attachment, PolicyDocument, Purpose},
    history::{Actor, Drift},
    request::{Effect, Request},
    value::RequestId,
};
use jiff::Timestamp;

use self::records::Records;
use super::Worker;
use crate::{
    Error, Fault, first_due,
    ports::{Attachments, DriftLog, IamWrite, Inventory, Lane, Loaded, Rulebook, Store},
    proof::proven,
};

/// Waiting requests that one run reads at most, to check the histories of those to be opened.
const MOST_PROVEN: usize = 1_000;

/// Bars that one run compares with IAM at most. The sweep checks all of them every minute.
const MOST_BARRED: usize = 10_000;

/// Whether reconciliation repairs drift or only reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// A dry run: drift is only reported.
    DryRun,
    /// Drift is recorded in the name of this actor, and repaired.
    Repair(Actor),
}

/// The outcome of reconciliation.
#[derive(Debug, Default)]
pub struct DriftReport {
    /// All drift.
    pub found: Vec<Drift>,
    /// Drift that could not be repaired, each with its cause. The next run tries again.
    pub failed: Vec<(Drift, Fault)>,
    /// Faults that kept a part of the record from being read. The rest was compared.
    pub blind: Vec<Fault>,
}

/// IAM and the record at one moment, and the drift between them.
struct Comparison<'a> {
    inventory: Inventory,
    records: Records<'a>,
    drift: BTreeSet<Drift>,
}

impl<S: Store + Attachments + DriftLog, I: IamWrite, R: Rulebook> Worker<'_, S, I, R> {
    /// Compares IAM with the record. IAM is read first, because grants are recorded before they
    /// are put there. Drift counts only if a second full comparison finds it again: a listing of
    /// IAM may be some seconds old.
    pub async fn reconcile(&self, mode: Mode, now: Timestamp) -> Result<DriftReport, Fault> {
        let first = self.compare(now).await?;
        if first.drift.is_empty() {
            return Ok(DriftReport { blind: first.records.blind, ..DriftReport::default() });
        }
        let mut second = self.compare(now).await?;
        let blind = std::mem::take(&mut second.records.blind);
        second.drift.retain(|drift| first.drift.contains(drift));
        Ok(DriftReport { blind, ..self.handle(second, mode, now).await? })
    }

    /// Removes from IAM everything that this deployment has granted, whatever the record says.
    /// Use it before the stack is removed: afterwards nothing closes access any more. Bars stay:
    /// the sessions that they keep out live for one hour at most.
    pub async fn close_everything(&self, mode: Mode, now: Timestamp) -> Result<DriftReport, Fault> {
        let inventory = self.iam.inventory().await?;
        let attachments = self.store.attachments().await?;
        let (requests, unproven, unread) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        let (deployment, blind) = (self.iam.deployment(), Vec::new());
        let records = Records { deployment, requests, attachments, unproven, unread, blind };
        let granted = |drift: &Drift| match drift {
            Drift::Leftover { .. } | Drift::Unheld { .. } | Drift::Returned { .. } => true,
            Drift::Edited { .. }
            | Drift::Bars { .. }
            | Drift::Unbarred { .. }
            | Drift::Missing { .. }
            | Drift::Unproven { .. } => false,
        };
        let drift = records.drift_in(&inventory, now).into_iter().filter(granted).collect();
        self.handle(Comparison { inventory, records, drift }, mode, now).await
    }

    async fn compare(&self, now: Timestamp) -> Result<Comparison<'_>, Fault> {
        let inventory = self.iam.inventory().await?;
        let attachments = self.store.attachments().await?;
        let named = named_in(&inventory, &attachments);
        let Loaded { requests, unread } = self.store.load_all(&named).await?;
        // A barred request is due until its bar is lifted.
        let (barred, mut blind) = first_due(self.store, &[Lane::Barred], MOST_BARRED, now).await;
        let (waiting, also) = first_due(self.store, &[Lane::Waiting], MOST_PROVEN, now).await;
        blind.extend(also);
        let seen = waiting.into_iter().chain(barred).filter_map(|due| due.seen);
        let due: Vec<_> = seen.collect();
        let unproven = self.unproven(&due, now).await?;
        let known = due.into_iter().chain(requests);
        let requests = known.map(|request| (request.id().clone(), request)).collect();
        let deployment = self.iam.deployment();
        let records = Records { deployment, requests, attachments, unproven, unread, blind };
        let drift = records.drift_in(&inventory, now);
        Ok(Comparison { inventory, records, drift })
    }

    /// Requests that are due to be opened, but are not proven by their histories. Few requests
    /// wait at any time. In a flood, some of them are enough to raise the alarm.
    async fn unproven(&self, due: &[Request], now: Timestamp) -> Result<Vec<Drift>, Fault> {
        let opening = |seen: &&Request| matches!(seen.effect(now), Some(Effect::Ensure(_)));
        let mut unproven = Vec::new();
        for request in due.iter().filter(opening).map(Request::id) {
            match proven(self.store, request, now).await {
                Ok(_) => {}
                Err(Error::Fault(fault)) => return Err(fault),
                Err(other) => {
                    let (request, why) = (request.clone(), other.to_string());
                    unproven.push(Drift::Unproven { request, why });
                }
            }
        }
        Ok(unproven)
    }
}

/// The requests that names, marks, bars and attachments refer to.
fn named_in(inventory: &Inventory, attachments: &[Attachment]) -> BTreeSet<RequestId> {
    let policies = inventory.policies.iter().filter_map(|policy| policy.purpose.request().cloned());
    let barred = inventory.policies.iter().filter(|policy| policy.purpose == Purpose::Bars);
    let barred = barred.filter_map(|bars| PolicyDocument::barred_by(&bars.document)).flatten();
    let marks = inventory.marks.iter().map(|(_, request, _)| request.clone());
    let held = attachments.iter().flat_map(Attachment::holders).cloned();
    policies.chain(barred).chain(marks).chain(held).collect()
}
