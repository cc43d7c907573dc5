//! The rules by what they are about: one action asks only those that have a say in it.

use cedar_policy::{Context, EntityUid, PolicySet, Request};
use domain::value::Person;

use super::{
    Action, Policies, Rule,
    facts::{ACTION, person, uid},
};

/// The rules for one action, and what is asked of them apart from a decision.
#[derive(Debug, Clone)]
pub(super) struct Slice {
    uid: EntityUid,
    /// All of them.
    pub(super) all: PolicySet,
    /// Those that permit: to tell who is missing the right from who is kept from it.
    pub(super) permits: PolicySet,
    /// Those that forbid, whatever the moment and the place.
    pub(super) time_independent_forbids: PolicySet,
    /// Those of them that look at nothing but who asks.
    pub(super) personal_forbids: PolicySet,
    /// Those that forbid, whatever is asked for: they look at no fact at all.
    pub(super) blanket_forbids: PolicySet,
    /// Those that permit, whatever is asked for.
    pub(super) blanket_permits: PolicySet,
    /// Whether one of them is not of the base, and so may be for anybody.
    pub(super) permits_others: bool,
    /// All that permit, those about a fact as if the fact were the right one.
    pub(super) hopeful_permits: PolicySet,
}

impl Slice {
    pub(super) fn of(action: Action, policies: &Policies) -> Result<Self, String> {
        let about: Vec<_> = policies.rules.values().filter(|rule| rule.is_about(action)).collect();
        let set = |wanted: fn(&Rule) -> bool| {
            let chosen = about.iter().filter(|rule| wanted(rule));
            PolicySet::from_policies(chosen.map(|rule| rule.policy.clone()))
                .map_err(|error| error.to_string())
        };
        Ok(Self {
            uid: uid(&ACTION, action.name()),
            all: set(|_| true)?,
            permits: set(Rule::permits)?,
            time_independent_forbids: set(|rule| {
                !rule.permits() && rule.is_time_independent() && !rule.is_base()
            })?,
            personal_forbids: set(|rule| !rule.permits() && rule.is_personal() && !rule.is_base())?,
            blanket_forbids: set(|rule| !rule.permits() && rule.is_blanket())?,
            blanket_permits: set(|rule| rule.permits() && rule.is_blanket())?,
            permits_others: about
                .iter()
                .any(|rule| rule.permits() && rule.is_blanket() && !rule.is_base()),
            hopeful_permits: {
                let permits = about.iter().filter(|rule| rule.permits());
                PolicySet::from_policies(permits.map(|rule| rule.at_best()))
                    .map_err(|error| error.to_string())?
            },
        })
    }

    /// This person wants to do this. None for what Cedar cannot hold.
    pub(super) fn request(
        &self,
        who: &Person,
        what: EntityUid,
        context: Context,
    ) -> Option<Request> {
        // The context is built from the schema's own names: checking it again
        // with each request would take longer than the answer.
        Request::new(person(who), self.uid.clone(), what, context, None).ok()
    }
}
