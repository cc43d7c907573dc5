//! Who there is, who leads whom, and which callers are whom.

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

/// The people of a set of rules.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    pub(crate) people: BTreeMap<Person, Profile>,
    pub(crate) groups: BTreeMap<String, BTreeSet<Person>>,
    /// Callers, and roles by what their sessions begin with.
    pub(crate) owners: HashMap<String, Person>,
    /// Whose an IAM user is, by name: IAM does not tell names apart by case.
    pub(crate) users: HashMap<String, Person>,
    /// The one account of all users: access goes to the user of that name there.
    pub(crate) account: Option<String>,
    pub(crate) trusted_sessions: Vec<String>,
    /// Issuers of tokens, and the claim in which each names people.
    pub(crate) issuers: BTreeMap<String, String>,
}

/// What the directory knows of a person.
#[derive(Debug, Clone)]
pub struct Profile {
    /// What they are called.
    pub name: String,
    /// Where they read the clock, if the rules say.
    pub timezone: Option<TimeZone>,
    /// Who leads them.
    pub manager: Option<Person>,
    /// Their IAM users.
    pub users: BTreeSet<PrincipalName>,
    /// The groups they are in.
    pub groups: BTreeSet<String>,
}

/// A person who calls, and the IAM user that access of theirs goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// Who.
    pub person: Person,
    /// The user they call as, or the only one they have.
    pub user: Option<PrincipalName>,
}

impl Directory {
    /// Everybody, by mail address.
    pub fn people(&self) -> &BTreeMap<Person, Profile> {
        &self.people
    }

    /// The groups, with their members.
    pub fn groups(&self) -> &BTreeMap<String, BTreeSet<Person>> {
        &self.groups
    }

    /// The callers that are this person, and the beginnings of their sessions.
    pub(crate) fn arns_of(&self, person: &Person) -> BTreeSet<&str> {
        let owned = self.owners.iter().filter(|(_, owner)| *owner == person);
        owned.map(|(arn, _)| arn.as_str()).collect()
    }

    /// Every caller that is somebody, and the beginnings of sessions.
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

    /// Whether tokens of this issuer can name people.
    pub fn trusts_issuer(&self, issuer: &str) -> bool {
        self.issuers.contains_key(issuer)
    }

    /// Who leads this person.
    pub(crate) fn manager_of(&self, person: &Person) -> Option<&Person> {
        self.people.get(person)?.manager.as_ref()
    }

    /// Whether these rules are about the account that the API is in: a user of the same
    /// name in another account is somebody else.
    pub fn check_account(&self, here: &str) -> Result<(), Denial> {
        match self.account.as_deref().filter(|account| *account != here) {
            Some(other) => Err(Denial::other_account(other, here)),
            None => Ok(()),
        }
    }

    /// The account these rules are about, if they say so.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The one person a caller is. Whoever could be two people is nobody.
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

    /// The people who own this caller: by ARN, by what gave out the session, by unique id,
    /// or by the name of the session where nobody can choose it.
    fn owners_of(&self, caller: &SignedCaller) -> Result<BTreeSet<&Person>, Denial> {
        let (giver, name) = caller.arn().session().unzip();
        let id = caller.unique_id().map(UniqueId::as_str);
        let pinned = id.is_some_and(|id| self.owners.contains_key(id) || self.trusts(id));
        let named_alike = caller.named_as_identity_center().is_some();
        if named_alike && !caller.is_of_identity_center() && !pinned {
            return Err(Denial::not_identity_center(caller));
        }
        let listed = [Some(caller.arn().as_str()), giver, id].into_iter().flatten();
        let trusted = [giver, id].into_iter().flatten().any(|giver| self.trusts(giver));
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

    /// Somebody who is there, as they are known.
    pub(crate) fn requester(&self, person: &Person) -> Option<Requester> {
        let known = self.people.contains_key(person);
        known.then(|| Requester { person: person.clone(), user: self.only_user_of(person) })
    }

    fn only_user_of(&self, person: &Person) -> Option<PrincipalName> {
        let users = &self.people.get(person)?.users;
        if users.len() == 1 { users.first().cloned() } else { None }
    }

    /// Whether the names of these sessions are mail addresses that nobody can
    /// choose for themselves.
    pub(crate) fn trusts(&self, giver: &str) -> bool {
        self.trusted_sessions.iter().any(|trusted| match trusted.strip_suffix('*') {
            Some(beginning) => giver.starts_with(beginning),
            None => giver == trusted,
        })
    }
}
