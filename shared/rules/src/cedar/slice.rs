//! Rules grouped by action: only the rules that apply to an action are evaluated for it.

use cedar_policy::{Context, EntityUid, PolicySet, Request};
use domain::value::Person;

use super::{
    Action, Policies, Rule,
    facts::{ACTION, person, uid},
};

/// The rules for one action, with subsets for other questions than a decision.
#[derive(Debug, Clone)]
pub(super) struct Slice {
    uid: EntityUid,
    /// All rules for the action.
    pub(super) all: PolicySet,
    /// All `permit` rules. They distinguish a missing right from a right that is forbidden.
    pub(super) permits: PolicySet,
    /// The `forbid` rules, without the base, that do not look at time, place or second factor.
    pub(super) time_independent_forbids: PolicySet,
    /// The `forbid` rules, without the base, that look at no fact besides the requester.
    pub(super) personal_forbids: PolicySet,
    /// The `forbid` rules that look at no fact.
    pub(super) blanket_forbids: PolicySet,
    /// The `permit` rules that look at no fact.
    pub(super) blanket_permits: PolicySet,
    /// Whether one of them is not in the base, and so may permit anybody.
    pub(super) permits_others: bool,
    /// All `permit` rules, as if the facts that they look at were suitable.
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

    /// The request to Cedar for this person and this action. `None` if Cedar cannot hold it.
    pub(super) fn request(
        &self,
        who: &Person,
        what: EntityUid,
        context: Context,
    ) -> Option<Request> {
        // The context is built from the names of the schema. Checking it again with each request
        // would take longer than the answer.
        Request::new(person(who), self.uid.clone(), what, context, None).ok()
    }
}
