//! Where the published rules are, and what is looked up before a set is taken.

use std::{future::Future, sync::Arc};

use domain::{
    grant::{PolicyArn, PrincipalName},
    history::{Actor, Chain, Publication},
    value::{Digest, Person},
};
use jiff::Timestamp;
use rules::source::{RuleSet, Sources};
use serde::{Deserialize, Serialize};

use super::Committed;
use crate::Fault;

/// Where the published rules are.
pub trait Rulebook: Sync {
    /// Which rules are in force, if any were published.
    fn in_force(&self) -> impl Future<Output = Result<Option<Digest>, Fault>> + Send;

    /// A set that was published. One that is not there, or damaged, is a fault.
    fn rule_set(&self, rules: Digest) -> impl Future<Output = Result<Arc<RuleSet>, Fault>> + Send;

    /// The set that was in force when something was read. None published is a fault:
    /// nobody may do anything.
    fn rules_at(
        &self,
        rules: Option<Digest>,
    ) -> impl Future<Output = Result<Arc<RuleSet>, Fault>> + Send {
        async move {
            let rules = rules.ok_or_else(|| Fault::new("read the rules", "none are published"));
            self.rule_set(rules?).await
        }
    }

    /// The rules in force now.
    fn current(&self) -> impl Future<Output = Result<Arc<RuleSet>, Fault>> + Send {
        async move { self.rules_at(self.in_force().await?).await }
    }
}

/// Which set is in force, and how far the history of the rules reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    /// The set.
    pub rules: Digest,
    /// The last publication.
    pub chain: Chain,
    /// When that was.
    pub at: Timestamp,
}

/// A set that one person has published where two have to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The set.
    pub rules: Digest,
    /// The publication it is to follow. Once there is another one, it is worth nothing.
    pub after: Digest,
    /// Who, by the rules in force then.
    pub person: Person,
    /// By which credentials.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// Where rules are published. Only the function that publishes may write here.
pub trait Publications: Rulebook {
    /// The last publication, if there ever was one.
    fn latest(&self) -> impl Future<Output = Result<Option<InForce>, Fault>> + Send;

    /// The files of a set that was published; none if they are not what they were.
    fn sources(&self, rules: Digest)
    -> impl Future<Output = Result<Option<Sources>, Fault>> + Send;

    /// Puts a set into force and its publication on record, in one step. Nothing is written
    /// if somebody else has published since `read`.
    fn publish(
        &self,
        sources: &Sources,
        publication: &Publication,
        read: Option<InForce>,
    ) -> impl Future<Output = Result<Committed, Fault>> + Send;

    /// The last proposal, whatever became of it.
    fn proposal(&self) -> impl Future<Output = Result<Option<Proposal>, Fault>> + Send;

    /// Remembers a proposal, in place of an earlier one.
    fn propose(&self, proposal: &Proposal) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// The texts of policies that stand in IAM.
pub trait PolicyTexts: Sync {
    /// What a managed policy says by its default version; none if it is not there, or out of
    /// our sight.
    fn managed(
        &self,
        policy: &PolicyArn,
    ) -> impl Future<Output = Result<Option<String>, Fault>> + Send;

    /// What the policies of a role of this account say, by name: those in it, and those
    /// attached to it. None if there is no such role.
    fn of_role(
        &self,
        role: &PrincipalName,
    ) -> impl Future<Output = Result<Option<Vec<(String, String)>>, Fault>> + Send;
}
