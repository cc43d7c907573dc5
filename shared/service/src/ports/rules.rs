//! The published rules, and the policies that are read before a set is published.

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

/// The published rules.
pub trait Rulebook: Sync {
    /// The digest of the rules in force. None if none were published.
    fn in_force(&self) -> impl Future<Output = Result<Option<Digest>, Fault>> + Send;

    /// A published set. A missing or damaged set is a fault.
    fn rule_set(&self, rules: Digest) -> impl Future<Output = Result<Arc<RuleSet>, Fault>> + Send;

    /// The set that was in force at a read, by the digest that was read with it. `None` is a
    /// fault: without published rules nobody may do anything.
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

/// The set in force, and the end of the history of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    /// The digest of the set.
    pub rules: Digest,
    /// The last publication.
    pub chain: Chain,
    /// The time of the last publication.
    pub at: Timestamp,
}

/// A set that one person has published where two people have to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The digest of the set.
    pub rules: Digest,
    /// The hash of the publication that it is to follow. The proposal is void once there is a
    /// later publication.
    pub after: Digest,
    /// The person, by the rules in force at that time.
    pub person: Person,
    /// The credentials that the person used.
    pub by: Actor,
    /// The time of the proposal.
    pub at: Timestamp,
}

/// The history of the rules. Only the function that publishes may write it.
pub trait Publications: Rulebook {
    /// The last publication, if there ever was one.
    fn latest(&self) -> impl Future<Output = Result<Option<InForce>, Fault>> + Send;

    /// The files of a published set. None if they are missing or damaged.
    fn sources(&self, rules: Digest)
    -> impl Future<Output = Result<Option<Sources>, Fault>> + Send;

    /// Puts a set into force and its publication on record, in one step. Nothing is written if
    /// there was another publication since `read`.
    fn publish(
        &self,
        sources: &Sources,
        publication: &Publication,
        read: Option<InForce>,
    ) -> impl Future<Output = Result<Committed, Fault>> + Send;

    /// The last proposal, even if it was published or is void.
    fn proposal(&self) -> impl Future<Output = Result<Option<Proposal>, Fault>> + Send;

    /// Records a proposal, in place of an earlier one.
    fn propose(&self, proposal: &Proposal) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// The texts of policies that stand in IAM.
pub trait PolicyTexts: Sync {
    /// The default version of a managed policy. None if it does not exist, or we may not read it.
    fn managed(
        &self,
        policy: &PolicyArn,
    ) -> impl Future<Output = Result<Option<String>, Fault>> + Send;

    /// The policies of a role of this account, inline and attached, each with its name. None if
    /// there is no such role, or an attached policy cannot be read.
    fn of_role(
        &self,
        role: &PrincipalName,
    ) -> impl Future<Output = Result<Option<Vec<(String, String)>>, Fault>> + Send;
}
