//! The directory: people, their managers and groups, and the callers that belong to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    grant::{PrincipalName, UniqueId},
    value::Person,
};
use jiff::tz::TimeZone;

use super::{
    arn::SignedCaller,
    caller::{Caller, Token},
};
use crate::Denial;

/// The people, groups and callers of a rule set.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    pub(crate) people: BTreeMap<Person, Profile>,
    pub(crate) groups: BTreeMap<String, BTreeSet<Person>>,
    /// Owners of callers. A key is an ARN, a unique id, or the beginning of a role's session ARNs.
    pub(crate) owners: HashMap<String, Person>,
    /// Owners of IAM users, by name in lower case: IAM does not distinguish names by case.
    pub(crate) users: HashMap<String, Person>,
    /// The one account of all users. A grant goes to the user of that name in this account.
    pub(crate) account: Option<String>,
    pub(crate) trusted_sessions: Vec<String>,
    /// Trusted issuers of tokens, each with the claim that holds the mail address.
    pub(crate) issuers: BTreeMap<String, String>,
}

/// The profile of a person.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The display name.
    pub name: String,
    /// The time zone, if `people.toml` names one.
    pub timezone: Option<TimeZone>,
    /// The manager, if there is one.
    pub manager: Option<Person>,
    /// The names of their IAM users.
    pub users: BTreeSet<PrincipalName>,
    /// The groups that they belong to.
    pub groups: BTreeSet<String>,
}

/// A person who calls, and the IAM user to which their grants go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// The person.
    pub person: Person,
    /// The IAM user that they call as, or else their only one. `None` if they have none or several.
    pub user: Option<PrincipalName>,
}

impl Directory {
    /// All people, by mail address.
    pub fn people(&self) -> &BTreeMap<Person, Profile> {
        &self.people
    }

    /// The groups, with their members.
    pub fn groups(&self) -> &BTreeMap<String, BTreeSet<Person>> {
        &self.groups
    }

    /// The callers of this person: ARNs, unique ids, and beginnings of session ARNs.
    pub(crate) fn arns_of(&self, person: &Person) -> BTreeSet<&str> {
        let owned = self.owners.iter().filter(|(_, owner)| *owner == person);
        owned.map(|(arn, _)| arn.as_str()).collect()
    }

    /// All callers that belong to a person, sorted: ARNs, unique ids, and beginnings of session
    /// ARNs.
    pub(crate) fn callers(&self) -> impl Iterator<Item = &str> {
        let mut callers: Vec<_> = self.owners.keys().map(String::as_str).collect();
        callers.sort_unstable();
        callers.into_iter()
    }

    pub(crate) fn trusted_sessions(&self) -> &[String] {
        &self.trusted_sessions
    }

    pub(crate) fn issuers(&self) -> &BTreeMap<String, String> {
        &self.issuers
    }

    /// Whether tokens of this issuer can identify people.
    pub fn trusts_issuer(&self, issuer: &str) -> bool {
        self.issuers.contains_key(issuer)
    }

    /// The manager of this person. `None` if there is none, or if the person is unknown.
    pub(crate) fn manager_of(&self, person: &Person) -> Option<&Person> {
        self.people.get(person)?.manager.as_ref()
    }

    /// Refuses rules that are about another account than `here`, the account of the API: a user of
    /// the same name in another account is another person. Rules without an account pass.
    pub fn check_account(&self, here: &str) -> Result<(), Denial> {
        match self.account.as_deref().filter(|account| *account != here) {
            Some(other) => Err(Denial::other_account(other, here)),
            None => Ok(()),
        }
    }

    /// The account of these rules, if they name one or list an IAM user.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Finds the one person to whom a caller belongs. A caller that could be two people is refused.
    pub fn identify(&self, caller: &Caller) -> Result<Requester, Denial> {
        let candidates = match caller {
            Caller::Aws(signed) => self.owners_of(signed)?,
            Caller::Token(token) => self.named_by(token).into_iter().collect(),
        };
        let mut candidates = candidates.into_iter();
        match (candidates.next(), candidates.next()) {
            (Some(person), None) => {
                let called_as = match caller {
                    Caller::Aws(signed) => signed.arn().user(),
                    Caller::Token(_) => None,
                };
                let user = called_as.or_else(|| self.only_user_of(person));
                Ok(Requester { person: person.clone(), user })
            }
            (None, _) => Err(Denial::unknown_caller(caller)),
            (Some(one), Some(other)) => Err(Denial::ambiguous_caller(caller, one, other)),
        }
    }

    /// The people who own this caller: by its ARN, by the role of the session, by unique id, or by
    /// the session name where no caller can choose it. Refuses a role that is only named like one
    /// of Identity Center.
    fn owners_of(&self, caller: &SignedCaller) -> Result<BTreeSet<&Person>, Denial> {
        let (role, name) = caller.arn().session().unzip();
        let id = caller.unique_id().map(UniqueId::as_str);
        let pinned = id.is_some_and(|id| self.owners.contains_key(id) || self.trusts(id));
        let named_alike = caller.named_as_identity_center().is_some();
        if named_alike && !caller.is_of_identity_center() && !pinned {
            return Err(Denial::not_identity_center(caller));
        }
        let listed = [Some(caller.arn().as_str()), role, id].into_iter().flatten();
        let trusted = [role, id].into_iter().flatten().any(|role| self.trusts(role));
        let named = name.filter(|_| trusted).and_then(|name| self.known(name));
        Ok(listed.filter_map(|caller| self.owners.get(caller)).chain(named).collect())
    }

    fn named_by(&self, token: &Token) -> Option<&Person> {
        let claim = self.issuers.get(&token.issuer)?;
        let authenticated = claim != "email" || token.claims.get("email_verified")? == "true";
        self.known(token.claims.get(claim).filter(|_| authenticated)?)
    }

    fn known(&self, mail: &str) -> Option<&Person> {
        let person: Person = mail.parse().ok()?;
        self.people.get_key_value(&person).map(|(known, _)| known)
    }

    /// A person as a requester. `None` if the directory does not have the person.
    pub(crate) fn requester(&self, person: &Person) -> Option<Requester> {
        let known = self.people.contains_key(person);
        known.then(|| Requester { person: person.clone(), user: self.only_user_of(person) })
    }

    fn only_user_of(&self, person: &Person) -> Option<PrincipalName> {
        let users = &self.people.get(person)?.users;
        if users.len() == 1 { users.first().cloned() } else { None }
    }

    /// Whether the session names of this role are mail addresses that no caller can choose. `role`
    /// is the beginning of the session ARNs, or the unique id of the role.
    pub(crate) fn trusts(&self, role: &str) -> bool {
        self.trusted_sessions.iter().any(|trusted| match trusted.strip_suffix('*') {
            Some(beginning) => role.starts_with(beginning),
            None => role == trusted,
        })
    }
}
