//! The power over IAM: what it holds, and who holds what there.

use std::{collections::BTreeSet, future::Future};

use domain::{
    grant::{
        Attachment, AttachmentKey, Bars, Deployment, Guard, PolicyArn, Principal, PrincipalName,
        Purpose, UniqueId,
    },
    history::DriftEntry,
    request::Cause,
    value::RequestId,
};
use jiff::Timestamp;

use super::Committed;
use crate::{Credentials, Fault, Session};

/// Who is kept out of which role.
pub trait BarsLog: Sync {
    /// The bars of a role, never from a stale copy; none if there never were any.
    fn bars(&self, role: &Principal) -> impl Future<Output = Result<Option<Bars>, Fault>> + Send;

    /// Writes down the bars of a role, unless somebody has changed them since: the version is
    /// one more than that which was read.
    fn record_bars(&self, bars: &Bars) -> impl Future<Output = Result<Committed, Fault>> + Send;
}

/// A look at roles, without any other power over IAM.
pub trait RoleLookup: Sync {
    /// The role of this name; none if there is no such role, or none that may be seen.
    fn look_up(
        &self,
        role: &PrincipalName,
    ) -> impl Future<Output = Result<Option<FoundRole>, Fault>> + Send;
}

/// A role as IAM shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRole {
    /// The id that tells it from others that had its name before.
    pub unique_id: UniqueId,
    /// Its path, from slash to slash: who may make roles does not choose every one.
    pub path: String,
}

/// What can be seen of IAM without changing it.
pub trait IamRead: Sync {
    /// What no grant reaches.
    fn guard(&self) -> Guard;

    /// Who has this name now; nobody, if there is no such user or role.
    fn identify(
        &self,
        principal: &Principal,
    ) -> impl Future<Output = Result<Option<Identity>, Fault>> + Send;

    /// The managed policies that are attached; none if there is no such user or role.
    fn attached(
        &self,
        on: &Principal,
    ) -> impl Future<Output = Result<Option<BTreeSet<PolicyArn>>, Fault>> + Send;

    /// The quotas of this account.
    fn quotas(&self) -> impl Future<Output = Result<Quotas, Fault>> + Send;

    /// What all inline policies have together, in characters as IAM counts them: white
    /// space is free. None if there is no such user or role.
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
    /// The same, of a role.
    pub inline_of_role: usize,
    /// Managed policies on a user.
    pub attached_to_user: usize,
    /// The same, on a role.
    pub attached_to_role: usize,
}

/// The quotas of an account that has asked for no others.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
impl Default for Quotas {
    fn default() -> Self {
        Self {
            inline_of_user: 2_048,
            inline_of_role: 10_240,
            attached_to_user: 10,
            attached_to_role: 10,
        }
    }
}

impl Quotas {
    /// Characters of all inline policies.
    pub fn inline_size(&self, on: &Principal) -> usize {
        match on {
            Principal::User(_) => self.inline_of_user,
            Principal::Role(_) => self.inline_of_role,
        }
    }

    /// Managed policies.
    pub fn attached(&self, on: &Principal) -> usize {
        match on {
            Principal::User(_) => self.attached_to_user,
            Principal::Role(_) => self.attached_to_role,
        }
    }
}

/// The parts of IAM that grants are made of, as one deployment knows its own there. What is gone already is gone: deleting,
/// detaching and unmarking work whether or not there is anything.
pub trait IamWrite: IamRead {
    /// The deployment whose names and marks these are.
    fn deployment(&self) -> &Deployment;

    /// The IAM user of this unique id, whatever it is called by now. It takes a list of all of
    /// them: for when nobody has the name any more.
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

    /// Reads an inline policy.
    fn read_policy(
        &self,
        on: &Principal,
        name: &str,
    ) -> impl Future<Output = Result<Option<String>, Fault>> + Send;

    /// Whether IAM shows this policy, within the few seconds that a change takes to spread.
    fn shows_policy(
        &self,
        on: &Principal,
        name: &str,
        document: &str,
    ) -> impl Future<Output = Result<bool, Fault>> + Send;

    /// Whether IAM shows that this is attached, within the same time.
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

    /// Writes under our name, for whoever only has IAM to look at, what a grant holds.
    fn mark(
        &self,
        on: &Principal,
        id: &RequestId,
        mark: &Mark,
    ) -> impl Future<Output = Result<Applied, Fault>> + Send;

    /// Whether it is written there for this grant.
    fn is_marked(
        &self,
        on: &Principal,
        id: &RequestId,
    ) -> impl Future<Output = Result<bool, Fault>> + Send;

    /// Wipes that out.
    fn unmark(
        &self,
        on: &Principal,
        id: &RequestId,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Everything that stands in IAM under our names, and every managed policy that is
    /// attached to anybody.
    fn inventory(&self) -> impl Future<Output = Result<Inventory, Fault>> + Send;
}

/// What IAM holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The inline policies with names of ours.
    pub policies: Vec<OwnPolicy>,
    /// What grants are marked to hold.
    pub marks: Vec<(Principal, RequestId, Mark)>,
    /// Which managed policies are attached where.
    pub attached: BTreeSet<(Principal, PolicyArn)>,
}

/// An inline policy with a name of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPolicy {
    /// Where it is.
    pub on: Principal,
    /// Whoever has that name now.
    pub unique_id: UniqueId,
    /// Its name.
    pub name: String,
    /// The purpose that its name says.
    pub purpose: Purpose,
    /// What it says.
    pub document: String,
}

/// Who has a name in IAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name in IAM's own case.
    pub principal: Principal,
    /// What tells them from others that had it before.
    pub unique_id: UniqueId,
}

/// What came of a call that gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is done.
    Done,
    /// It never will be, however often it is tried.
    Impossible(Cause),
}

/// What a grant of a managed policy holds, as it stands in IAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The policy.
    pub policy: PolicyArn,
    /// When the grant is over.
    pub ends_at: Timestamp,
}

/// Where it is put on record what was found in IAM and should not have been there.
pub trait DriftLog: Sync {
    /// Records what one look has found, in its order.
    fn record_drift(
        &self,
        entries: &[DriftEntry],
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// The record of attachments. A change is conditional on the version before it.
pub trait Attachments: BarsLog {
    /// One attachment; none if no grant ever held it.
    fn attachment(
        &self,
        key: AttachmentKey<'_>,
    ) -> impl Future<Output = Result<Option<Attachment>, Fault>> + Send;

    /// Records an attachment, unless another change came after its last version.
    fn record_attachment(
        &self,
        attachment: &Attachment,
    ) -> impl Future<Output = Result<Committed, Fault>> + Send;

    /// Attachments that were released and are due to be checked: see [`Attachment::check_at`].
    fn due_for_check(
        &self,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Attachment>, Fault>> + Send;

    /// All attachments: those that are held, and those released in the last days.
    fn attachments(&self) -> impl Future<Output = Result<Vec<Attachment>, Fault>> + Send;
}

/// Who gives out sessions.
pub trait Minter: Sync {
    /// What no session reaches.
    fn guard(&self) -> &Guard;

    /// Starts a session.
    fn mint(&self, session: &Session) -> impl Future<Output = Result<Minted, Fault>> + Send;
}

/// What came of asking for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Minted {
    /// Its credentials.
    Given(Credentials),
    /// It is not given, however often it is tried, and why.
    Refused(&'static str),
}
