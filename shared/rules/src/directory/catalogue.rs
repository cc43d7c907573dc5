//! The catalogue: entitlements with their bounds, their approval steps and their grants.

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

/// The entitlements of a rule set, by id.
pub type Catalogue = BTreeMap<EntitlementId, Entitlement>;

/// One entry of the catalogue.
#[derive(Debug, Clone)]
pub struct Entitlement {
    /// The title, which people read before they decide.
    pub title: String,
    /// Tags by which Cedar rules select entries.
    pub tags: BTreeSet<String>,
    /// People whom the base permits to request the entry. Other rules may add or exclude people.
    pub requesters: People,
    /// Approval steps. All must be met, unless a rule approves or glass is broken.
    pub steps: Vec<StepTemplate>,
    /// The longest duration that may be requested, included.
    pub max_duration: Duration,
    /// The longest time from the request to the start of access, included.
    pub max_ahead: Duration,
    /// The longest time that a request waits for a decision.
    pub decide_within: Duration,
    /// The share of that time after which approvers are reminded.
    pub remind_at: Percent,
    /// The further people who are notified if nobody decides.
    pub escalate: Option<Escalation>,
    /// Whether an approver who follows a link must sign in as well.
    pub sign_in: bool,
    /// The reason why things made with the access may stay after it ends. `None` if nothing may.
    pub lasting: Option<String>,
    /// The pattern of the ticket, if one is required.
    pub ticket: Option<TicketPattern>,
    /// The minimum length of the reason, in characters.
    pub reason_length: usize,
    /// The emergency access, if glass may be broken for this entry.
    pub break_glass: Option<BreakGlass>,
    /// The grant.
    pub grant: GrantTemplate,
}

/// An approval step, before the requester is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepTemplate {
    /// The name of the step.
    pub name: String,
    /// The people who may decide.
    pub approvers: People,
    /// The number of different people who must say yes.
    pub quorum: usize,
}

/// A notification of further people if nobody decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// The people who are notified. Approvers among them are asked only then, unless the other
    /// approvers are too few.
    pub to: People,
    /// The share of the time to decide after which they are notified.
    pub at: Percent,
}

/// A share of a time, in whole percent from 1 to 99.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(u8);

impl Percent {
    /// The default for reminders.
    pub const HALF: Self = Self(50);
    /// The default for escalations.
    pub const THREE_QUARTERS: Self = Self(75);

    /// Makes a share of 1 to 99 percent, both included; otherwise `None`.
    pub(crate) fn of(percent: u8) -> Option<Self> {
        (1..=99).contains(&percent).then_some(Self(percent))
    }

    /// The instant at which this share of the time from `from` to `to` has passed.
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

/// Emergency access, which is reviewed instead of approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    /// The people who may review it.
    pub reviewers: People,
    /// The time from the request until the review is overdue.
    pub review_within: Duration,
}

/// A grant, before the requester is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantTemplate {
    /// An inline policy.
    InlinePolicy {
        /// The holder of the policy.
        to: Holder,
        /// The document of the policy.
        policy: PolicyDocument,
    },
    /// A managed policy.
    ManagedPolicy {
        /// The holder of the policy.
        to: Holder,
        /// The ARN of the policy.
        policy: PolicyArn,
    },
    /// Sessions of a role. They do not depend on the requester.
    Session(Grant),
}

/// The holder of a granted policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// The IAM user of the requester.
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
    /// The grant for the requester with this IAM user. `None` if the grant is for the requester's
    /// IAM user and there is none.
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

    /// Whether credentials are minted for the grant. They carry the requester's mail address.
    pub fn is_minted(&self) -> bool {
        match self {
            Self::Session(_) => true,
            Self::InlinePolicy { .. } | Self::ManagedPolicy { .. } => false,
        }
    }
}

/// A pattern that the whole ticket must match.
#[derive(Debug, Clone)]
pub struct TicketPattern {
    text: String,
    regex: Regex,
}

impl TicketPattern {
    /// Reads a regular expression. `None` if the text is not one.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let regex = Regex::new(&format!("^(?:{text})$")).ok()?;
        Some(Self { text: text.to_owned(), regex })
    }

    /// Whether the whole ticket matches the pattern.
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
    /// People named one by one.
    pub people: BTreeSet<Person>,
    /// Groups whose members are meant.
    pub groups: BTreeSet<String>,
    /// Whether the manager of the requester is meant as well.
    pub manager: bool,
}

impl People {
    /// The people who are meant for this requester. The requester is never among them.
    pub fn without(&self, requester: &Person, directory: &Directory) -> BTreeSet<Person> {
        let manager = directory.manager_of(requester).filter(|_| self.manager);
        let people = self.members(directory).chain(manager);
        people.filter(|person| *person != requester).cloned().collect()
    }

    /// All people named one by one or by group. A person can come more than once.
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
