//! The record about everything that IAM names, and the drift of IAM from it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    grant::{Attachment, Deployment, PolicyArn, PolicyDocument, PolicyName, Principal, Purpose},
    history::Drift,
    request::{Request, Status},
    value::RequestId,
};
use jiff::Timestamp;

use crate::{
    Fault,
    grants::expected_in_iam,
    ports::{Inventory, OwnPolicy},
};

/// The record about everything that IAM names.
pub(super) struct Records<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) requests: BTreeMap<RequestId, Request>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) unproven: Vec<Drift>,
    /// Requests on record that cannot be read. Their grants are left alone.
    pub(super) unread: BTreeSet<RequestId>,
    /// Faults that kept a part of the record from being read.
    pub(super) blind: Vec<Fault>,
}

impl Records<'_> {
    fn live(&self, id: &RequestId) -> Option<&Request> {
        self.requests.get(id).filter(|request| request.is_live())
    }

    /// The drift of IAM from the record.
    pub(super) fn drift_in(&self, inventory: &Inventory, now: Timestamp) -> BTreeSet<Drift> {
        let policies = inventory.policies.iter().filter_map(|policy| self.drift_of(policy));
        let found = policies.chain(self.unheld(inventory)).chain(self.returned(inventory, now));
        let found = found.chain(self.unproven.iter().cloned());
        found.chain(self.unbarred(inventory, now)).chain(self.missing(inventory)).collect()
    }

    /// Managed policies marked or recorded as held by a grant that is not live.
    fn unheld<'a>(&'a self, inventory: &'a Inventory) -> impl Iterator<Item = Drift> + 'a {
        let marks = inventory.marks.iter().map(|(on, id, mark)| (on, &mark.policy, id));
        let held = self.attachments.iter().flat_map(|attachment| {
            let Attachment { principal, policy, .. } = attachment;
            attachment.holders().map(move |id| (principal, policy, id))
        });
        let unheld = marks
            .chain(held)
            .filter(|(_, policy, id)| !self.holds(id, policy) && !self.unread.contains(*id));
        unheld.map(|(on, policy, request)| Drift::Unheld {
            on: on.clone(),
            policy: policy.clone(),
            request: request.clone(),
        })
    }

    /// Managed policies that a late call of ours has attached again.
    fn returned(&self, inventory: &Inventory, now: Timestamp) -> impl Iterator<Item = Drift> {
        let returned = self.attachments.iter().filter(move |attachment| {
            let place = (attachment.principal.clone(), attachment.policy.clone());
            attachment.recently_detached(now) && inventory.attached.contains(&place)
        });
        returned.map(|attachment| Drift::Returned {
            on: attachment.principal.clone(),
            policy: attachment.policy.clone(),
        })
    }

    /// Bars of revoked requests that should stand in IAM and do not.
    fn unbarred(&self, inventory: &Inventory, now: Timestamp) -> impl Iterator<Item = Drift> {
        self.requests.values().filter_map(move |request| {
            request.state().barred_until().filter(|until| now < *until)?;
            let on = request.terms().grant.barred_role()?;
            let bars = inventory
                .policies
                .iter()
                .find(|found| found.on == on && found.purpose == Purpose::Bars);
            let barred = bars.and_then(|bars| PolicyDocument::barred_by(&bars.document));
            let stands = barred.is_some_and(|barred| barred.contains(request.id()));
            let policy = PolicyName::of_bars(self.deployment).as_str().to_owned();
            (!stands).then(|| Drift::Unbarred { on, policy, request: request.id().clone() })
        })
    }

    /// The requests whose sessions should be barred from a role. A request that is just being
    /// revoked, or cannot be read, counts as right whether or not it is barred `now`.
    pub(super) fn barred(
        &self,
        role: &Principal,
        now: &BTreeSet<RequestId>,
    ) -> BTreeSet<RequestId> {
        let on = |request: &&Request| request.terms().grant.barred_role().as_ref() == Some(role);
        let wanted = self.requests.values().filter(on).filter(|request| {
            let revoking = request.status() == Status::Revoking;
            if revoking {
                now.contains(request.id())
            } else {
                request.state().barred_until().is_some()
            }
        });
        let unread = now.intersection(&self.unread).cloned();
        wanted.map(|request| request.id().clone()).chain(unread).collect()
    }

    /// Attachments that only active grants hold and that IAM does not show.
    fn missing(&self, inventory: &Inventory) -> impl Iterator<Item = Drift> {
        let held = self.attachments.iter().filter(|attachment| {
            attachment.is_ours() && attachment.holders().all(|id| self.is_active(id))
        });
        held.filter_map(|attachment| {
            let (on, policy) = (attachment.principal.clone(), attachment.policy.clone());
            let there = inventory.attached.contains(&(on.clone(), policy.clone()));
            (!there).then_some(Drift::Missing { on, policy })
        })
    }

    fn is_active(&self, id: &RequestId) -> bool {
        self.requests.get(id).is_some_and(|request| request.status() == Status::Active)
    }

    /// Whether this request is live, and its grant holds this managed policy.
    pub(super) fn holds(&self, id: &RequestId, policy: &PolicyArn) -> bool {
        let live = self.live(id);
        live.is_some_and(|request| request.terms().grant.attached_policy() == Some(policy))
    }

    /// The drift of one inline policy of ours.
    fn drift_of(&self, found: &OwnPolicy) -> Option<Drift> {
        let (on, policy) = (found.on.clone(), found.name.clone());
        let Some(request) = found.purpose.request().cloned() else {
            let barred = PolicyDocument::barred_by(&found.document);
            let right = barred.is_some_and(|barred| barred.is_subset(&self.barred(&on, &barred)));
            return (!right).then_some(Drift::Bars { on, policy });
        };
        if self.unread.contains(&request) {
            return None;
        }
        let known = self.requests.get(&request);
        if known.is_some_and(|known| known.status() == Status::Revoking) {
            // A policy that is being removed is neither put back nor removed twice.
            return None;
        }
        match self.expected(found) {
            None => Some(Drift::Leftover { on, policy, request }),
            Some(document) if same(&document, &found.document) => None,
            Some(_) => Some(Drift::Edited { on, policy, request }),
        }
    }

    /// The document that this policy should have. None if it should not be there.
    fn expected(&self, found: &OwnPolicy) -> Option<String> {
        let request = self.requests.get(found.purpose.request()?)?;
        let window = request.state().open_window()?;
        expected_in_iam(self.deployment, request, window, found)
    }
}

/// Whether two documents are equal as JSON values.
fn same(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    read(one).is_some_and(|one| Some(one) == read(other))
}
