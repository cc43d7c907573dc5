//! Comparing what IAM holds with what is on record, and mending what differs.
//!
//! The sweep looks at records, and so at what was recorded. This looks at IAM: it finds
//! what a late call has put after its request was closed, what is left when the records
//! are lost or older than IAM, and what somebody has changed by hand. What somebody has
//! deleted by hand stays deleted: that closes, and harms nobody but its owner.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Actor, Bars, Deployment, Effect, Grant, Hold, Holding, PolicyArn, PolicyDocument, PolicyName,
    Principal, Purpose, Request, RequestId, Sighting, Status, Stray,
};
use jiff::Timestamp;

use crate::{
    Error, Fault, Granting, first_due,
    granting::barred_role,
    ports::{
        DriftLog, Grants, Holdings, Iam, Inventory, Lane, Loaded, Mark, OwnPolicy, Rulebook, Store,
    },
    proof::proven,
};

/// So many requests that wait to be opened a look holds against their histories.
const MOST_PROVEN: usize = 1_000;

/// So many bars a look holds against IAM. The minute job looks after all of them.
const MOST_BARRED: usize = 10_000;

/// What a look at IAM does with what it finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It only says so.
    Only,
    /// It puts it on record in this name, and mends it.
    AndMend(Actor),
}

/// What a look at IAM has found.
#[derive(Debug, Default)]
pub struct Found {
    /// Everything that was not as it should be.
    pub strays: Vec<Stray>,
    /// What could not be mended, and why. The next look tries again.
    pub failed: Vec<(Stray, Fault)>,
    /// Why a part of what is on record could not be read: the rest was looked at all the same.
    pub blind: Vec<Fault>,
}

/// Compares IAM with the records. IAM is read first: whatever it holds was on record
/// before it was there. What is found is looked at once more, from the beginning, before
/// it counts: a listing that is seconds old is not drift.
pub async fn reconcile(
    store: &(impl Store + Holdings + DriftLog),
    (iam, rulebook): (&impl Iam, &impl Rulebook),
    look: Look,
    now: Timestamp,
) -> Result<Found, Fault> {
    let (_, records, first) = compared(store, iam, now).await?;
    if first.is_empty() {
        return Ok(Found { blind: records.blind, ..Found::default() });
    }
    let (inventory, mut records, second) = compared(store, iam, now).await?;
    let strays = second.into_iter().filter(|stray| first.contains(stray)).collect();
    let blind = std::mem::take(&mut records.blind);
    let found = records.repair((store, iam, rulebook), (strays, inventory), look, now).await?;
    Ok(Found { blind, ..found })
}

/// Takes from IAM all that this deployment has granted, whatever the records say: before
/// its stack is removed, and with it everything that would close it later. Bars stay: they
/// keep out sessions that live for an hour at most.
pub async fn close_everything(
    store: &(impl Store + Holdings + DriftLog),
    (iam, rulebook): (&impl Iam, &impl Rulebook),
    look: Look,
    now: Timestamp,
) -> Result<Found, Fault> {
    let inventory = iam.inventory().await?;
    let holdings = store.holdings().await?;
    let (requests, unproven, unread) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
    let (deployment, blind) = (iam.deployment(), Vec::new());
    let records = Records { deployment, requests, holdings, unproven, unread, blind };
    let granted = |stray: &Stray| match stray {
        Stray::Leftover { .. } | Stray::Unheld { .. } | Stray::Returned { .. } => true,
        Stray::Edited { .. }
        | Stray::Bars { .. }
        | Stray::Unbarred { .. }
        | Stray::Missing { .. }
        | Stray::Unproven { .. } => false,
    };
    let strays = records.strays_in(&inventory, now).into_iter().filter(granted).collect();
    records.repair((store, iam, rulebook), (strays, inventory), look, now).await
}

/// IAM, the records, and where they differ.
async fn compared<'a>(
    store: &(impl Store + Holdings),
    iam: &'a impl Iam,
    now: Timestamp,
) -> Result<(Inventory, Records<'a>, BTreeSet<Stray>), Fault> {
    let inventory = iam.inventory().await?;
    let holdings = store.holdings().await?;
    let Loaded { requests, unread } = store.load_all(&named_in(&inventory, &holdings)).await?;
    // What is barred is due until its bar is lifted.
    let (barred, mut blind) = first_due(store, &[Lane::Barred], MOST_BARRED, now).await;
    let (waiting, also) = first_due(store, &[Lane::Waiting], MOST_PROVEN, now).await;
    blind.extend(also);
    let seen = waiting.into_iter().chain(barred).filter_map(|due| due.seen);
    let due: Vec<_> = seen.collect();
    let unproven = unproven(store, &due, now).await?;
    let known = due.into_iter().chain(requests);
    let requests = known.map(|request| (request.id().clone(), request)).collect();
    let deployment = iam.deployment();
    let records = Records { deployment, requests, holdings, unproven, unread, blind };
    let strays = records.strays_in(&inventory, now);
    Ok((inventory, records, strays))
}

/// Requests that wait to be opened and that no history proves. There are few that wait at
/// any time; of a flood, some are enough to be told.
async fn unproven(
    store: &impl Store,
    due: &[Request],
    now: Timestamp,
) -> Result<Vec<Stray>, Fault> {
    let opening = |seen: &&Request| matches!(seen.effect(now), Some(Effect::Ensure(_)));
    let mut unproven = Vec::new();
    for request in due.iter().filter(opening).map(Request::id) {
        match proven(store, request, now).await {
            Ok(_) => {}
            Err(Error::Fault(fault)) => return Err(fault),
            Err(other) => {
                let (request, why) = (request.clone(), other.to_string());
                unproven.push(Stray::Unproven { request, why });
            }
        }
    }
    Ok(unproven)
}

/// Every request something is named for.
fn named_in(inventory: &Inventory, holdings: &[Holding]) -> BTreeSet<RequestId> {
    let policies = inventory.policies.iter().filter_map(|policy| policy.purpose.request().cloned());
    let barred = inventory.policies.iter().filter(|policy| policy.purpose == Purpose::Bars);
    let barred = barred.filter_map(|bars| PolicyDocument::barred_by(&bars.document)).flatten();
    let marks = inventory.marks.iter().map(|(_, request, _)| request.clone());
    policies.chain(barred).chain(marks).chain(holdings.iter().flat_map(holders).cloned()).collect()
}

fn holders(holding: &Holding) -> impl Iterator<Item = &RequestId> {
    let (held, releasing) = match &holding.hold {
        Hold::Held { by, .. } => (Some(by), None),
        Hold::Releasing { by } => (None, Some(by)),
        Hold::Released { .. } => (None, None),
    };
    held.into_iter().flatten().chain(releasing)
}

/// What is on record about everything IAM names.
struct Records<'a> {
    deployment: &'a Deployment,
    requests: BTreeMap<RequestId, Request>,
    holdings: Vec<Holding>,
    unproven: Vec<Stray>,
    /// What is on record and cannot be read: of that, nothing is taken away.
    unread: BTreeSet<RequestId>,
    /// Why some of it was not read.
    blind: Vec<Fault>,
}

impl Records<'_> {
    fn live(&self, id: &RequestId) -> Option<&Request> {
        self.requests.get(id).filter(|request| request.is_live())
    }

    fn strays_in(&self, inventory: &Inventory, now: Timestamp) -> BTreeSet<Stray> {
        let policies = inventory.policies.iter().filter_map(|policy| self.stray_policy(policy));
        let marks = inventory.marks.iter().map(|(on, id, mark)| (on, &mark.policy, id));
        let held = self
            .holdings
            .iter()
            .flat_map(|holding| holders(holding).map(move |id| (&holding.on, &holding.policy, id)));
        let unheld = marks
            .chain(held)
            .filter(|(_, policy, id)| !self.holds(id, policy) && !self.unread.contains(*id));
        let unheld = unheld.map(|(on, policy, request)| Stray::Unheld {
            on: on.clone(),
            policy: policy.clone(),
            request: request.clone(),
        });
        let returned = self.holdings.iter().filter(|holding| {
            let place = (holding.on.clone(), holding.policy.clone());
            holding.is_in_aftermath(now) && inventory.attached.contains(&place)
        });
        let returned = returned.map(|holding| Stray::Returned {
            on: holding.on.clone(),
            policy: holding.policy.clone(),
        });
        let found = policies.chain(unheld).chain(returned).chain(self.unproven.iter().cloned());
        found.chain(self.unbarred(inventory, now)).chain(self.missing(inventory)).collect()
    }

    /// Bars that should stand and do not.
    fn unbarred(&self, inventory: &Inventory, now: Timestamp) -> impl Iterator<Item = Stray> {
        self.requests.values().filter_map(move |request| {
            request.state().barred_until().filter(|until| now < *until)?;
            if request.status() != Status::Revoked {
                return None;
            }
            let on = barred_role(&request.ask().grant)?;
            let bars = inventory
                .policies
                .iter()
                .find(|found| found.on == on && found.purpose == Purpose::Bars);
            let barred = bars.and_then(|bars| PolicyDocument::barred_by(&bars.document));
            let stands = barred.is_some_and(|barred| barred.contains(request.id()));
            let policy = PolicyName::of_bars(self.deployment).as_str().to_owned();
            (!stands).then(|| Stray::Unbarred { on, policy, request: request.id().clone() })
        })
    }

    /// Whose sessions are to be kept out of a role, or may be: what cannot be read, or is
    /// just being revoked, may stand there or not.
    fn barred(&self, role: &Principal, now: &BTreeSet<RequestId>) -> BTreeSet<RequestId> {
        let on = |request: &&Request| barred_role(&request.ask().grant).as_ref() == Some(role);
        let wanted = self.requests.values().filter(on).filter(|request| {
            let barred = request.state().barred_until().is_some();
            let revoking = request.status() == Status::Revoking;
            if revoking { now.contains(request.id()) } else { barred }
        });
        let unread = now.intersection(&self.unread).cloned();
        wanted.map(|request| request.id().clone()).chain(unread).collect()
    }

    /// Attachments that live grants hold and IAM does not show.
    fn missing(&self, inventory: &Inventory) -> impl Iterator<Item = Stray> {
        let held = self
            .holdings
            .iter()
            .filter(|holding| holding.is_ours() && holders(holding).all(|id| self.is_active(id)));
        held.filter_map(|holding| {
            let (on, policy) = (holding.on.clone(), holding.policy.clone());
            let there = inventory.attached.contains(&(on.clone(), policy.clone()));
            (!there).then_some(Stray::Missing { on, policy })
        })
    }

    fn is_active(&self, id: &RequestId) -> bool {
        self.requests.get(id).is_some_and(|request| request.status() == Status::Active)
    }

    /// Whether a grant that is live holds this managed policy.
    fn holds(&self, id: &RequestId, policy: &PolicyArn) -> bool {
        let grant = self.live(id).map(|request| &request.ask().grant);
        matches!(grant, Some(Grant::ManagedPolicy { policy: held, .. }) if held == policy)
    }

    /// Puts on record what was found, and repairs it; or only says so.
    async fn repair(
        &self,
        (store, iam, rulebook): (&(impl Store + Holdings + DriftLog), &impl Iam, &impl Rulebook),
        (strays, inventory): (Vec<Stray>, Inventory),
        look: Look,
        now: Timestamp,
    ) -> Result<Found, Fault> {
        let mut found = Found { strays, ..Found::default() };
        if let (Look::AndMend(actor), false) = (look, found.strays.is_empty()) {
            store.saw(&Sighting::all(&found.strays, now, &actor)).await?;
            for stray in &found.strays {
                let world = (store, iam, rulebook);
                if let Err(fault) = self.mend(world, stray, &inventory, now).await {
                    found.failed.push((stray.clone(), fault));
                }
            }
        }
        Ok(found)
    }

    fn stray_policy(&self, found: &OwnPolicy) -> Option<Stray> {
        let (on, policy) = (found.on.clone(), found.name.clone());
        let Some(request) = found.purpose.request().cloned() else {
            let barred = PolicyDocument::barred_by(&found.document);
            let right = barred.is_some_and(|barred| barred.is_subset(&self.barred(&on, &barred)));
            return (!right).then_some(Stray::Bars { on, policy });
        };
        if self.unread.contains(&request) {
            return None;
        }
        let known = self.requests.get(&request);
        if known.is_some_and(|known| known.status() == Status::Revoking) {
            // What is being closed is neither put back nor taken twice.
            return None;
        }
        match self.expected(found) {
            None => Some(Stray::Leftover { on, policy, request }),
            Some(document) if same(&document, &found.document) => None,
            Some(_) => Some(Stray::Edited { on, policy, request }),
        }
    }

    /// What a policy of this name on this principal should say; nothing, if it should
    /// not be there.
    fn expected(&self, found: &OwnPolicy) -> Option<String> {
        let request = self.requests.get(found.purpose.request()?)?;
        let id = request.id();
        if !may_be_open(request) {
            return None;
        }
        let (name, document) = match &request.ask().grant {
            Grant::InlinePolicy { on, policy } if *on == found.on => {
                let pinned = request.ask().unique_id.as_ref();
                if pinned.is_some_and(|pinned| *pinned != found.unique_id) {
                    return None;
                }
                let window = request.window()?;
                let document =
                    policy.fenced(window, (on, &found.unique_id), self.deployment.guard());
                (PolicyName::new(self.deployment, id, window), document)
            }
            Grant::InlinePolicy { .. } | Grant::ManagedPolicy { .. } | Grant::Session { .. } => {
                return None;
            }
        };
        (name.as_str() == found.name).then_some(document)
    }

    async fn mend(
        &self,
        (store, iam, rulebook): (&(impl Store + Holdings), &impl Iam, &impl Rulebook),
        stray: &Stray,
        inventory: &Inventory,
        now: Timestamp,
    ) -> Result<(), Fault> {
        match stray {
            Stray::Leftover { on, policy, .. } => iam.delete_policy(on, policy).await,
            Stray::Edited { on, policy, request } => {
                let own = |found: &&OwnPolicy| found.on == *on && found.name == *policy;
                let Some(found) = inventory.policies.iter().find(own) else { return Ok(()) };
                let document =
                    still_open((store, rulebook, self.deployment), (found, request), now).await?;
                let Some(document) = document else {
                    return iam.delete_policy(on, policy).await;
                };
                iam.put_policy(on, policy, &document).await?;
                // It may have been closed in the meantime.
                let known = store.load(request).await?;
                let wanted = known.as_ref().is_some_and(may_be_open);
                if wanted { Ok(()) } else { iam.delete_policy(on, policy).await }
            }
            Stray::Unheld { on, policy, request } => {
                let granting = Granting { holdings: store, iam };
                granting.let_go(request, (on, policy), now).await?;
                let holding = store.holding(on, policy).await?;
                let marked = inventory.marks.iter().any(|(there, id, mark)| {
                    there == on && id == request && mark.policy == *policy
                });
                let mistaken = holding.as_ref().filter(|_| marked);
                if let Some(ours) = mistaken.and_then(Holding::ours_after_all) {
                    // Only what we attached is marked. Whoever came to hold it while the
                    // record of that was lost thinks that it was there before.
                    _ = store.hold(&ours).await?;
                } else if !self.is_held_there(inventory, (on, policy), holding.as_ref()) {
                    granting.detach_unless_held(on, policy).await?;
                }
                iam.unmark(on, request).await
            }
            Stray::Unbarred { request, .. } => {
                let Some(known) = self.requests.get(request) else { return Ok(()) };
                Granting { holdings: store, iam }.bar(known).await
            }
            Stray::Bars { on, policy } => {
                let own = |found: &&OwnPolicy| found.on == *on && found.name == *policy;
                let there = inventory.policies.iter().find(own);
                let there = there.and_then(|found| PolicyDocument::barred_by(&found.document));
                let there = there.unwrap_or_default();
                let barred = self.barred(on, &there);
                // Somebody may have been kept out since IAM was listed: only what stood there and
                // should not is taken out.
                let wanted = |bars: &Bars| {
                    let others = bars.barred.iter().filter(|id| !there.contains(*id));
                    others.chain(&barred).cloned().collect()
                };
                let granting = Granting { holdings: store, iam };
                granting.change(on, |bars| bars.exactly(&wanted(bars))).await
            }
            Stray::Missing { .. } | Stray::Unproven { .. } => Ok(()),
            Stray::Returned { on, policy } => {
                Granting { holdings: store, iam }.detach_unless_held(on, policy).await
            }
        }
    }

    /// Whether anybody has a right to this attachment: a live grant, by its mark or on
    /// record, or whoever attached it before us.
    fn is_held_there(
        &self,
        inventory: &Inventory,
        (on, policy): (&Principal, &PolicyArn),
        holding: Option<&Holding>,
    ) -> bool {
        let here = |(there, _, mark): &&(Principal, RequestId, Mark)| {
            there == on && mark.policy == *policy
        };
        let mut marks = inventory.marks.iter().filter(here);
        marks.any(|(_, id, _)| self.holds(id, policy) || self.unread.contains(id))
            || holding.is_some_and(|holding| match &holding.hold {
                Hold::Held { .. } => true,
                Hold::Released { found, .. } => *found,
                Hold::Releasing { .. } => false,
            })
    }
}

/// What the policy of a grant says that may be open; nothing, if it may not. Without
/// readable rules nothing may.
async fn still_open(
    (store, rulebook, deployment): (&impl Store, &impl Rulebook, &Deployment),
    (found, request): (&OwnPolicy, &RequestId),
    now: Timestamp,
) -> Result<Option<String>, Fault> {
    let proven = match proven(store, request, now).await {
        Ok(proven) => proven,
        Err(Error::Fault(fault)) => return Err(fault),
        Err(_) => return Ok(None),
    };
    // It may have been closed since IAM was listed.
    if !may_be_open(proven.request()) {
        return Ok(None);
    }
    let Ok(rules) = rulebook.current().await else { return Ok(None) };
    let leave = rules.may_open(&proven).ok();
    Ok(leave.and_then(|leave| match &leave.request().ask().grant {
        Grant::InlinePolicy { on, policy } if *on == found.on => {
            Some(policy.fenced(leave.window(), (on, &found.unique_id), deployment.guard()))
        }
        Grant::InlinePolicy { .. } | Grant::ManagedPolicy { .. } | Grant::Session { .. } => None,
    }))
}

/// Whether the policy of a grant is to be there, by its record.
fn may_be_open(request: &Request) -> bool {
    matches!(request.status(), Status::Activating | Status::Active)
}

/// Whether two documents say the same, however they are written.
fn same(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    read(one).is_some_and(|one| Some(one) == read(other))
}
