//! The Cedar side of the rules: which person may do which action, and when.
//!
//! The schema (`schema.cedarschema`) defines what rules may refer to, and the base (`base.cedar`)
//! holds the rules that every set begins with. Cedar denies by default, and a `forbid` wins over
//! every `permit`. We add one thing: a rule that cannot be evaluated counts as a no, where Cedar
//! would skip it.

mod action;
mod entities;
mod facts;
mod read;
mod rule;
mod slice;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, EntityUid, PolicyId, PolicySet,
    RestrictedExpression,
};
use domain::value::{CallContext, EntitlementId, Person, RuleId};
use jiff::tz::TimeZone;

pub(crate) use self::{action::Action, facts::Facts, read::Policies};
use self::{
    entities::entities,
    facts::{Inquiry, entitlement, person, rules},
    rule::Rule,
    slice::Slice,
};
use crate::{
    Denial,
    directory::{Catalogue, Directory},
};

/// The rules of a set, ready to be evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    authorizer: Authorizer,
    entities: Entities,
    slices: BTreeMap<Action, Slice>,
    notes: HashMap<PolicyId, RuleText>,
    texts: BTreeMap<RuleId, String>,
    zone: TimeZone,
}

/// The texts of a rule for the people whom it refuses.
#[derive(Debug, Clone)]
struct RuleText {
    rule: RuleId,
    reason: Option<String>,
    advice: Option<String>,
    /// Whether it leaves broken glass alone, although it forbids requests.
    spares_glass: bool,
}

impl Engine {
    pub(crate) fn new(
        policies: &Policies,
        catalogue: &Catalogue,
        directory: &Directory,
        zone: TimeZone,
    ) -> Result<Self, String> {
        let mut notes = HashMap::new();
        for (rule, Rule { policy, .. }) in &policies.rules {
            let words = |key| policy.annotation(key).map(str::to_owned);
            let note = RuleText {
                rule: rule.clone(),
                reason: words("reason"),
                advice: words("advice"),
                spares_glass: policy.annotation("except") == Some(read::BREAK_GLASS),
            };
            notes.insert(policy.id().clone(), note);
        }
        let slice = |action: Action| Ok((action, Slice::of(action, policies)?));
        Ok(Self {
            authorizer: Authorizer::new(),
            entities: entities(catalogue, directory, &policies.schema)?,
            slices: Action::ALL.into_iter().map(slice).collect::<Result<_, String>>()?,
            notes,
            texts: policies
                .rules
                .iter()
                .map(|(id, rule)| (id.clone(), rule.policy.to_string()))
                .collect(),
            zone,
        })
    }

    /// The rules that let this person do this, or the denials.
    pub(crate) fn may(
        &self,
        action: Action,
        who: &Person,
        what: &EntitlementId,
        inquiry: Inquiry<'_>,
    ) -> Result<BTreeSet<RuleId>, Vec<Denial>> {
        let refused = || vec![Denial::not_permitted(action.default_rule(), what, who)];
        self.ruled(action, (who, entitlement(what)), inquiry, refused)
    }

    /// The rules that let this person publish another rule set, or the denials.
    pub(crate) fn may_publish(
        &self,
        who: &Person,
        call: &CallContext,
    ) -> Result<BTreeSet<RuleId>, Vec<Denial>> {
        let refused = || vec![Denial::not_a_publisher(Action::Publish.default_rule().0, who)];
        self.ruled(Action::Publish, (who, rules()), Facts::Look.within(call), refused)
    }

    fn ruled(
        &self,
        action: Action,
        (who, what): (&Person, EntityUid),
        Inquiry { facts, call }: Inquiry<'_>,
        refused: impl Fn() -> Vec<Denial>,
    ) -> Result<BTreeSet<RuleId>, Vec<Denial>> {
        let slice = self.slices.get(&action).ok_or_else(&refused)?;
        if slice.permits.is_empty() {
            return Err(refused());
        }
        let context = facts.context(call, &self.zone).ok_or_else(&refused)?;
        let request = slice.request(who, what, context).ok_or_else(&refused)?;
        let response = self.authorizer.is_authorized(&request, &slice.all, &self.entities);
        let unclear: Vec<_> = response
            .diagnostics()
            .errors()
            .filter_map(|AuthorizationError::PolicyEvaluationError(error)| {
                self.notes.get(error.policy_id())
            })
            .map(|note| Denial::unclear(note.rule.clone()))
            .collect();
        let relied_on = response.diagnostics().reason().filter_map(|id| self.notes.get(id));
        match response.decision() {
            Decision::Allow if unclear.is_empty() => {
                Ok(relied_on.map(|note| note.rule.clone()).collect())
            }
            Decision::Allow => Err(unclear),
            Decision::Deny => {
                let mut denials: Vec<_> = relied_on.map(RuleText::denial).chain(unclear).collect();
                // A denial of the base says already which right is missing.
                let told = denials.iter().any(|denial| denial.rule.as_str().starts_with("base/"));
                let permitted =
                    || self.authorizer.is_authorized(&request, &slice.permits, &self.entities);
                if !told && permitted().decision() == Decision::Deny {
                    denials.extend(refused());
                }
                denials.sort_by(|one, other| one.rule.cmp(&other.rule));
                Err(denials)
            }
        }
    }

    /// The denials of all rules that forbid to request this and do not leave broken glass alone. A
    /// request that cannot be judged is denied.
    pub(crate) fn forbids_glass(
        &self,
        who: &Person,
        what: &EntitlementId,
        Inquiry { facts, call }: Inquiry<'_>,
    ) -> Vec<Denial> {
        let refused = || vec![Denial::not_permitted(Action::BreakGlass.default_rule(), what, who)];
        let Some(slice) = self.slices.get(&Action::Request) else { return refused() };
        let context = facts.context(call, &self.zone);
        let Some(request) =
            context.and_then(|context| slice.request(who, entitlement(what), context))
        else {
            return refused();
        };
        let response = self.authorizer.is_authorized(&request, &slice.all, &self.entities);
        let holds = |note: &&RuleText| !note.spares_glass;
        let errors = response.diagnostics().errors();
        let unclear = errors.filter_map(|AuthorizationError::PolicyEvaluationError(error)| {
            self.notes.get(error.policy_id())
        });
        let unclear = unclear.filter(holds).map(|note| Denial::unclear(note.rule.clone()));
        if response.decision() == Decision::Allow {
            return unclear.collect();
        }
        let forbids = response.diagnostics().reason().filter_map(|id| self.notes.get(id));
        forbids.filter(holds).map(RuleText::denial).chain(unclear).collect()
    }

    /// Whether a `forbid` keeps this person from this at any time and from any place. When in
    /// doubt, yes.
    pub(crate) fn is_kept_from(
        &self,
        action: Action,
        who: &Person,
        what: &EntitlementId,
        Inquiry { facts, call }: Inquiry<'_>,
    ) -> bool {
        let Some(slice) = self.slices.get(&action) else { return true };
        if slice.time_independent_forbids.is_empty() {
            return false;
        }
        let context = facts.context(call, &self.zone);
        let Some(request) =
            context.and_then(|context| slice.request(who, entitlement(what), context))
        else {
            return true;
        };
        let response = self.authorizer.is_authorized(
            &request,
            &slice.time_independent_forbids,
            &self.entities,
        );
        let diagnostics = response.diagnostics();
        diagnostics.reason().next().is_some() || diagnostics.errors().next().is_some()
    }

    /// Whether a `forbid` keeps this person from approving all requests of `requester` for this
    /// entry, whatever their terms and their time.
    pub(crate) fn is_always_kept_from_approving(
        &self,
        who: &Person,
        what: &EntitlementId,
        requester: &Person,
    ) -> bool {
        let Some(slice) = self.slices.get(&Action::Approve) else { return true };
        if slice.personal_forbids.is_empty() {
            return false;
        }
        let requester = RestrictedExpression::new_entity_uid(person(requester));
        let context = Context::from_pairs([("requester".to_owned(), requester)]).ok();
        let Some(request) =
            context.and_then(|context| slice.request(who, entitlement(what), context))
        else {
            return true;
        };
        let ruled =
            self.authorizer.is_authorized(&request, &slice.personal_forbids, &self.entities);
        ruled.diagnostics().reason().next().is_some()
    }

    /// Whether this person could do this, with suitable facts at a suitable time. When in doubt,
    /// yes.
    pub(crate) fn could(&self, action: Action, who: &Person, what: &EntitlementId) -> bool {
        self.is_open_to(
            who,
            what,
            self.slices.get(&action).map(|slice| (slice, &slice.hopeful_permits)),
        )
    }

    /// Whether this person may do this with any facts, unless a `forbid` about facts keeps them
    /// from it. When in doubt, no.
    pub(crate) fn is_entitled(&self, action: Action, who: &Person, what: &EntitlementId) -> bool {
        self.is_open_to(
            who,
            what,
            self.slices.get(&action).map(|slice| (slice, &slice.blanket_permits)),
        )
    }

    /// Whether rules of the set could entitle people whom the entry does not name.
    pub(crate) fn entitles_others(&self, action: Action) -> bool {
        self.slices.get(&action).is_some_and(|slice| slice.permits_others)
    }

    fn is_open_to(
        &self,
        who: &Person,
        what: &EntitlementId,
        by: Option<(&Slice, &PolicySet)>,
    ) -> bool {
        let Some((slice, permits)) = by else { return false };
        let Some(request) = slice.request(who, entitlement(what), Context::empty()) else {
            return false;
        };
        let ruled = |set| self.authorizer.is_authorized(&request, set, &self.entities);
        let forbidden = || ruled(&slice.blanket_forbids).diagnostics().reason().next().is_some();
        ruled(permits).decision() == Decision::Allow && !forbidden()
    }

    /// The text of every rule, without its comments.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&RuleId, String)> {
        self.texts.iter().map(|(rule, text)| (rule, text.clone()))
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

impl RuleText {
    fn denial(&self) -> Denial {
        let reason =
            self.reason.clone().unwrap_or_else(|| format!("rule `{}` forbids it", self.rule));
        Denial::by(self.rule.clone(), reason, self.advice.clone())
    }
}
