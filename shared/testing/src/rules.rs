//! The published rules, in memory.

use std::sync::Arc;

use domain::{
    grant::{PolicyArn, PrincipalName},
    history::{Chain, Publication},
    value::Digest,
};
use jiff::Timestamp;
use rules::source::{RuleSet, Sources};

use service::{
    Fault,
    ports::{Committed, InForce, PolicyTexts, Proposal, Publications, Rulebook},
};

use crate::World;

impl World {
    /// Puts rules into force without a publication, as if they had been from the beginning.
    pub fn publish_rules(&self, rules: RuleSet) {
        let mut inner = self.lock();
        inner.in_force = Some(rules.digest());
        inner.rules.insert(rules.digest(), Arc::new(rules));
    }

    /// All publications, oldest first.
    pub fn publications(&self) -> Vec<Publication> {
        self.lock().publications.clone()
    }

    /// Sets the text of a managed policy, by its ARN, or of the policy of a role, by the name of
    /// the role.
    pub fn write_text(&self, name: &str, text: &str) {
        self.lock().texts.insert(name.to_owned(), text.to_owned());
    }
}

impl Rulebook for World {
    async fn in_force(&self) -> Result<Option<Digest>, Fault> {
        self.step(|inner| inner.in_force)
    }

    async fn rule_set(&self, rules: Digest) -> Result<Arc<RuleSet>, Fault> {
        let set = self.step(|inner| inner.rules.get(&rules).cloned())?;
        set.ok_or_else(|| Fault::new("read the rules", "they are not what was published"))
    }
}

impl Publications for World {
    async fn latest(&self) -> Result<Option<InForce>, Fault> {
        self.step(|inner| {
            let last = inner.publications.last();
            let chain = last.map_or(Chain::START, |last| Chain { seq: last.seq, head: last.hash });
            let at = last.map_or(Timestamp::UNIX_EPOCH, |last| last.at);
            inner.in_force.map(|rules| InForce { rules, chain, at })
        })
    }

    async fn sources(&self, rules: Digest) -> Result<Option<Sources>, Fault> {
        self.step(|inner| inner.rules.get(&rules).map(|set| set.sources().clone()))
    }

    async fn publish(
        &self,
        sources: &Sources,
        publication: &Publication,
        read: Option<InForce>,
    ) -> Result<Committed, Fault> {
        let set = sources.check().map_err(|error| Fault::new("publish rules", error))?;
        let current = self.latest().await?;
        self.step(|inner| {
            if current != read {
                return Committed::Lost;
            }
            inner.in_force = Some(publication.rules);
            inner.rules.insert(publication.rules, Arc::new(set));
            inner.publications.push(publication.clone());
            Committed::Done
        })
    }

    async fn proposal(&self) -> Result<Option<Proposal>, Fault> {
        self.step(|inner| inner.proposal.clone())
    }

    async fn propose(&self, proposal: &Proposal) -> Result<(), Fault> {
        self.step(|inner| inner.proposal = Some(proposal.clone()))
    }
}

impl PolicyTexts for World {
    async fn managed(&self, policy: &PolicyArn) -> Result<Option<String>, Fault> {
        self.step(|inner| inner.texts.get(policy.as_str()).cloned())
    }

    async fn of_role(&self, role: &PrincipalName) -> Result<Option<Vec<(String, String)>>, Fault> {
        self.step(|inner| {
            let text = inner.texts.get(role.as_str()).cloned()?;
            Some(vec![(format!("p of role {role}"), text)])
        })
    }
}
