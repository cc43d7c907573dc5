//! IAM: read access, and the power to change the parts that grants are made of.

use std::{collections::BTreeSet, fmt, future::Future};

use domain::{
    grant::{
        Deployment, Guard, PolicyArn, Principal, PrincipalName, Purpose, ROOM_ON_A_ROLE,
        ROOM_ON_A_USER, UniqueId,
    },
    request::Cause,
    value::RequestId,
};
use jiff::Timestamp;

use crate::Fault;

/// Read access to roles, without any other power over IAM.
pub trait RoleLookup: Sync {
    /// The role of this name. None if there is no such role, or we may not see it.
    fn look_up(
        &self,
        role: &PrincipalName,
    ) -> impl Future<Output = Result<Option<FoundRole>, Fault>> + Send;
}

/// A role as IAM shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRole {
    /// The unique id, which tells it from earlier roles of the same name.
    pub unique_id: UniqueId,
    /// Its path, which begins and ends with a slash. A person who may create roles cannot always
    /// choose every path.
    pub path: String,
}

/// Read access to IAM.
pub trait IamRead: Sync {
    /// The parts of Portcullis, which no grant reaches.
    fn guard(&self) -> Guard;

    /// The user or role that has this name now. None if there is none.
    fn identify(
        &self,
        principal: &Principal,
    ) -> impl Future<Output = Result<Option<Identity>, Fault>> + Send;

    /// The managed policies that are attached. None if there is no such user or role.
    fn attached(
        &self,
        on: &Principal,
    ) -> impl Future<Output = Result<Option<BTreeSet<PolicyArn>>, Fault>> + Send;

    /// The quotas of this account.
    fn quotas(&self) -> impl Future<Output = Result<Quotas, Fault>> + Send;

    /// Characters of all inline policies together, as IAM counts them: white space does not
    /// count. None if there is no such user or role.
    fn inline_size(
        &self,
        on: &Principal,
    ) -> impl Future<Output = Result<Option<usize>, Fault>> + Send;
}

/// Quotas of an account for one user or role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Characters of all inline policies of a user, white space aside.
    pub inline_of_user: usize,
    /// Characters of all inline policies of a role, white space aside.
    pub inline_of_role: usize,
    /// Managed policies on a user.
    pub attached_to_user: usize,
    /// Managed policies on a role.
    pub attached_to_role: usize,
}

/// The quotas of an account that never had them raised.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
impl Default for Quotas {
    fn default() -> Self {
        Self {
            inline_of_user: ROOM_ON_A_USER,
            inline_of_role: ROOM_ON_A_ROLE,
            attached_to_user: 10,
            attached_to_role: 10,
        }
    }
}

impl Quotas {
    /// The quota of this principal for its inline policies, in characters without white space.
    pub fn inline_size(&self, on: &Principal) -> usize {
        match on {
            Principal::User(_) => self.inline_of_user,
            Principal::Role(_) => self.inline_of_role,
        }
    }

    /// The quota of this principal for managed policies.
    pub fn attached(&self, on: &Principal) -> usize {
        match on {
            Principal::User(_) => self.attached_to_user,
            Principal::Role(_) => self.attached_to_role,
        }
    }
}

/// Power over the parts of IAM that grants are made of, in the name of one deployment. Deleting,
/// detaching and unmarking also succeed if there is nothing to remove.
pub trait IamWrite: IamRead {
    /// The deployment whose names and marks these are.
    fn deployment(&self) -> &Deployment;

    /// The IAM user of this unique id, by its current name. This lists all users, so it is used
    /// only if the recorded name does not lead to the user any more.
    fn find_user(
        &self,
        unique_id: &UniqueId,
    ) -> impl Future<Output = Result<Option<Principal>, Fault>> + Send;

    /// Puts an inline policy, or replaces the one of this name.
    fn put_policy(
        &self,
        on: &Principal,
        name: &str,
        document: &str,
    ) -> impl Future<Output = Result<Applied, Fault>> + Send;

    /// Reads an inline policy. None if it is not there.
    fn read_policy(
        &self,
        on: &Principal,
        name: &str,
    ) -> impl Future<Output = Result<Option<String>, Fault>> + Send;

    /// Whether IAM shows this inline policy with this document. Waits some seconds for a change
    /// to spread.
    fn shows_policy(
        &self,
        on: &Principal,
        name: &str,
        document: &str,
    ) -> impl Future<Output = Result<bool, Fault>> + Send;

    /// Whether IAM shows this managed policy as attached. Waits like `shows_policy`.
    fn shows_attached(
        &self,
        on: &Principal,
        policy: &PolicyArn,
    ) -> impl Future<Output = Result<bool, Fault>> + Send;

    /// Deletes an inline policy.
    fn delete_policy(
        &self,
        on: &Principal,
        name: &str,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Attaches a managed policy.
    fn attach(
        &self,
        on: &Principal,
        policy: &PolicyArn,
    ) -> impl Future<Output = Result<Applied, Fault>> + Send;

    /// Detaches a managed policy.
    fn detach(
        &self,
        on: &Principal,
        policy: &PolicyArn,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Marks on the principal which policy a grant holds, so that IAM alone shows it.
    fn mark(
        &self,
        on: &Principal,
        id: &RequestId,
        mark: &Mark,
    ) -> impl Future<Output = Result<Applied, Fault>> + Send;

    /// Whether the principal has the mark of this grant.
    fn is_marked(
        &self,
        on: &Principal,
        id: &RequestId,
    ) -> impl Future<Output = Result<bool, Fault>> + Send;

    /// Deletes the mark of a grant.
    fn unmark(
        &self,
        on: &Principal,
        id: &RequestId,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// All inline policies and marks of this deployment, and all managed policies that are
    /// attached to any user or role.
    fn inventory(&self) -> impl Future<Output = Result<Inventory, Fault>> + Send;
}

/// The contents of IAM that concern grants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The inline policies with names of ours.
    pub policies: Vec<OwnPolicy>,
    /// The marks of grants, each with its principal and request.
    pub marks: Vec<(Principal, RequestId, Mark)>,
    /// All attached managed policies, each with its principal.
    pub attached: BTreeSet<(Principal, PolicyArn)>,
}

/// An inline policy with a name of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPolicy {
    /// The user or role that it is on.
    pub on: Principal,
    /// The unique id of the principal that has that name now.
    pub unique_id: UniqueId,
    /// Its name.
    pub name: String,
    /// The purpose that its name states.
    pub purpose: Purpose,
    /// Its document.
    pub document: String,
}

/// A user or role in IAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name in IAM's own case.
    pub principal: Principal,
    /// The unique id, which tells it from earlier ones of the same name.
    pub unique_id: UniqueId,
}

/// The outcome of a call that gives access.
#[must_use = "a grant that is impossible must not count as given"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is done.
    Done,
    /// It is impossible, however often it is tried.
    Impossible(Cause),
}

impl Applied {
    /// A fault if IAM has refused what has to be in place again, such as a bar. If the principal is
    /// gone, there is nothing to put it on, and nobody who misses it.
    pub(crate) fn or_fault(self, what: &'static str, on: impl fmt::Display) -> Result<(), Fault> {
        match self {
            Self::Done | Self::Impossible(Cause::PrincipalGone) => Ok(()),
            Self::Impossible(cause) => Err(Fault::new(what, wording::advice(&cause)).on(on)),
        }
    }
}

/// The mark in IAM of a grant that holds a managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The policy.
    pub policy: PolicyArn,
    /// The end of the grant.
    pub ends_at: Timestamp,
}
