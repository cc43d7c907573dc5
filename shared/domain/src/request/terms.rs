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
    /// The requester, who will have the access.
    pub requester: Person,
    /// The requester's reason.
    pub reason: Reason,
    /// The ticket it belongs to.
    pub ticket: Option<Ticket>,
    /// For how long.
    pub duration: Duration,
    /// The requested start. If left out, access starts with the approval.
    pub starts_at: Option<Timestamp>,
    /// The request it goes on from, if somebody needs longer. That one ends on its own.
    pub extends: Option<RequestId>,
    /// The approval that it needs.
    pub approval: Approval,
    /// Whether an approver who answers by a link has to sign in as well.
    pub sign_in: bool,
    /// Why what is made with it may stay when access ends, as the approver reads it; none,
    /// if nothing of the kind is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<String>,
    /// The grant.
    pub grant: Grant,
    /// The unique id of the principal in IAM. Another principal of that name gets nothing.
    pub unique_id: Option<UniqueId>,
    /// The context of the call.
    #[serde(rename = "situation")]
    pub call: CallContext,
    /// The rules that said it may be asked, and opened if nobody has to approve.
    pub basis: Basis,
}
