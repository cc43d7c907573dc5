//! The terms of a request: what was asked, pinned when it was asked.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::approval::Approval;
use crate::{
    grant::{Grant, UniqueId},
    value::{Basis, CallContext, Duration, EntitlementId, Person, Reason, RequestId, Ticket},
};

/// What was asked, by whom, and what it takes: fixed when it is asked, with the
/// entry of the catalogue as it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The entry of the catalogue.
    pub entitlement: EntitlementId,
    /// Its title, as the approver reads it.
    pub title: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// Who asks, and who will have the access.
    pub requester: Person,
    /// Why.
    pub reason: Reason,
    /// The ticket it belongs to.
    pub ticket: Option<Ticket>,
    /// For how long.
    pub duration: Duration,
    /// From when on; from the approval on, if left out.
    pub starts_at: Option<Timestamp>,
    /// The request it goes on from, if somebody needs longer. That one ends on its own.
    pub extends: Option<RequestId>,
    /// What stands between this and its access.
    pub approval: Approval,
    /// Whether whoever answers by a link has to sign in as well.
    pub sign_in: bool,
    /// Why what is made with it may stay when access ends, as the approver reads it; none,
    /// if nothing of the kind is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<String>,
    /// What will be made true.
    pub grant: Grant,
    /// The unique id of whoever gets it in IAM: another one of that name gets nothing.
    pub unique_id: Option<UniqueId>,
    /// When and from where it was asked.
    #[serde(rename = "situation")]
    pub call: CallContext,
    /// The rules that said it may be asked, and opened if nobody has to approve.
    pub basis: Basis,
}
