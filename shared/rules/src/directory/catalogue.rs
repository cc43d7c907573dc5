//! What may be asked for: each entry with everything it takes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use domain::{
    grant::{Grant, PolicyArn, PolicyDocument, Principal, PrincipalName},
    value::{Duration, EntitlementId, Person},
};
use jiff::Timestamp;
use regex_lite::Regex;

use super::roster::Directory;

/// The entries of a set of rules.
pub type Catalogue = BTreeMap<EntitlementId, Entitlement>;

/// One entry of the catalogue.
#[derive(Debug, Clone)]
pub struct Entitlement {
    /// What it is, in words people read before they decide.
    pub title: String,
    /// What rules may know it by.
    pub tags: BTreeSet<String>,
    /// Who may ask, before any rule of Cedar is looked at.
    pub requesters: People,
    /// What people have to say yes, if people have to.
    pub steps: Vec<StepTemplate>,
    /// The longest it may be asked for.
    pub max_duration: Duration,
    /// How far ahead its start may lie.
    pub max_ahead: Duration,
    /// How long a request waits for an answer.
    pub decide_within: Duration,
    /// After which share of that time people are asked again.
    pub remind_at: Percent,
    /// Who else hears of it when nobody decides.
    pub escalate: Option<Escalation>,
    /// Whether whoever answers by a link has to sign in as well.
    pub sign_in: bool,
    /// Why what is made with it may stay when access ends, if anything may be made that does.
    pub lasting: Option<String>,
    /// The form of the ticket it needs.
    pub ticket: Option<TicketPattern>,
    /// The shortest reason, in characters.
    pub reason_length: usize,
    /// Who looks at it afterwards, if it may be opened in an emergency.
    pub break_glass: Option<BreakGlass>,
    /// How it is granted.
    pub grant: GrantTemplate,
}

/// An approval step before it is known who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepTemplate {
    /// What it is called.
    pub name: String,
    /// Who may decide.
    pub approvers: People,
    /// How many of them must say yes.
    pub quorum: usize,
}

/// Who hears of it when nobody decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// Who. Those of them who are approvers are asked only then.
    pub to: People,
    /// After which share of the time to decide.
    pub at: Percent,
}

/// A share of a time, in whole percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(u8);

impl Percent {
    /// When people are asked again, if the entry does not say.
    pub const HALF: Self = Self(50);
    /// When others hear of it, if the entry does not say.
    pub const THREE_QUARTERS: Self = Self(75);

    /// From 1 to 99.
    pub(crate) fn of(percent: u8) -> Option<Self> {
        (1..=99).contains(&percent).then_some(Self(percent))
    }

    /// The moment at which this share of the time between two others is over.
    pub fn between(self, from: Timestamp, to: Timestamp) -> Timestamp {
        let share = from.duration_until(to) / 100 * i32::from(self.0);
        from.checked_add(share).unwrap_or(to)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

/// The way in for emergencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    /// Who may review it.
    pub reviewers: People,
    /// How soon.
    pub review_within: Duration,
}

/// A grant before it is known for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantTemplate {
    /// One inline policy.
    InlinePolicy {
        /// Who gets it.
        to: Holder,
        /// What it allows.
        policy: PolicyDocument,
    },
    /// A managed policy: this one and no other.
    ManagedPolicy {
        /// Who gets it.
        to: Holder,
        /// Which.
        policy: PolicyArn,
    },
    /// Sessions of a role: the same for everybody.
    Session(Grant),
}

/// Who gets what is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// The IAM user of whoever asks.
    Requester,
    /// A role that the requester, and perhaps others, may assume.
    Role(PrincipalName),
}

impl Holder {
    fn principal(&self, user: Option<&PrincipalName>) -> Option<Principal> {
        match self {
            Self::Requester => Some(Principal::User(user?.clone())),
            Self::Role(name) => Some(Principal::Role(name.clone())),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requester => f.write_str("the requester"),
            Self::Role(name) => write!(f, "role {name}"),
        }
    }
}

impl GrantTemplate {
    /// The grant for one person, if it can be made for them.
    pub fn for_user(&self, user: Option<&PrincipalName>) -> Option<Grant> {
        match self {
            Self::InlinePolicy { to, policy } => {
                Some(Grant::InlinePolicy { on: to.principal(user)?, policy: policy.clone() })
            }
            Self::ManagedPolicy { to, policy } => {
                Some(Grant::ManagedPolicy { on: to.principal(user)?, policy: policy.clone() })
            }
            Self::Session(grant) => Some(grant.clone()),
        }
    }

    /// Whether credentials are minted for it, which carry the address of their requester.
    pub fn is_minted(&self) -> bool {
        match self {
            Self::Session(_) => true,
            Self::InlinePolicy { .. } | Self::ManagedPolicy { .. } => false,
        }
    }
}

/// A pattern that a whole ticket has to match.
#[derive(Debug, Clone)]
pub struct TicketPattern {
    text: String,
    regex: Regex,
}

impl TicketPattern {
    /// Reads a regular expression.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let regex = Regex::new(&format!("^(?:{text})$")).ok()?;
        Some(Self { text: text.to_owned(), regex })
    }

    /// Whether the ticket has this form.
    pub fn matches(&self, ticket: &domain::value::Ticket) -> bool {
        self.regex.is_match(ticket.as_str())
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// People as entitlements name them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    /// One by one.
    pub people: BTreeSet<Person>,
    /// By group.
    pub groups: BTreeSet<String>,
    /// By office: the manager of whoever asks.
    pub manager: bool,
}

impl People {
    /// Who that is when this person asks. Whoever asks is never among them.
    pub fn without(&self, requester: &Person, directory: &Directory) -> BTreeSet<Person> {
        let manager = directory.manager_of(requester).filter(|_| self.manager);
        let people = self.members(directory).chain(manager);
        people.filter(|person| *person != requester).cloned().collect()
    }

    /// Everybody who is named, one by one or by group.
    pub(crate) fn members<'a>(
        &'a self,
        directory: &'a Directory,
    ) -> impl Iterator<Item = &'a Person> {
        let members =
            self.groups.iter().filter_map(|group| directory.groups().get(group)).flatten();
        self.people.iter().chain(members)
    }

    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.people.extend(other.people.iter().cloned());
        self.groups.extend(other.groups.iter().cloned());
        self.manager |= other.manager;
        self
    }
}
