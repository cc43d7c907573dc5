//! The terms of a request: what was asked, pinned when it was submitted.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::approval::Approval;
use crate::{
    grant::{Grant, UniqueId},
    value::{Basis, CallContext, Duration, EntitlementId, Person, Reason, RequestId, Ticket},
};

/// The terms of a request: what is asked, by whom, and the approval that it needs. They are fixed
/// on submission, with the entry of the catalogue as it was shown.
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
    /// The ticket it belongs to, if any.
    pub ticket: Option<Ticket>,
    /// The requested length of access.
    pub duration: Duration,
    /// The requested start. If left out, access starts with the approval.
    pub starts_at: Option<Timestamp>,
    /// The request that this one extends, if any. That one still ends at its own time.
    pub extends: Option<RequestId>,
    /// The approval that it needs.
    pub approval: Approval,
    /// Whether an approver who answers by a link has to sign in as well.
    pub sign_in: bool,
    /// The reason why things made with the access may stay when it ends, as the approver reads it.
    /// `None` if nothing may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<String>,
    /// The grant.
    pub grant: Grant,
    /// The unique id of the principal in IAM. Another principal of that name gets nothing. `None`
    /// for a session.
    pub unique_id: Option<UniqueId>,
    /// The context of the call.
    #[serde(rename = "situation")]
    pub call: CallContext,
    /// The rules that permit the request, and its opening if nobody has to approve.
    pub basis: Basis,
}

impl Terms {
    /// Whether this is the unique id of another principal, which has the name of the pinned one by
    /// now. It gets nothing.
    pub fn is_replaced_by(&self, id: &UniqueId) -> bool {
        self.unique_id.as_ref().is_some_and(|pinned| pinned != id)
    }
}
