//! The facts of a call that rules can look at.

use std::sync::LazyLock;

use cedar_policy::{Context, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use domain::value::{CallContext, Duration, EntitlementId, Person, Ticket};
use jiff::{Timestamp, Unit, Zoned, civil::Weekday, tz::TimeZone};

/// The facts of one call, as the schema names them.
#[derive(Debug, Clone)]
pub(crate) enum Facts<'a> {
    /// The facts of a new request.
    Request {
        duration: Duration,
        starts_at: Timestamp,
        ticket: Option<&'a Ticket>,
        reason_length: usize,
    },
    /// The facts of deciding or ending a request of this requester.
    Answer { requester: &'a Person, duration: Duration, ticket: Option<&'a Ticket> },
    /// No facts besides the call context: reading requests, or publishing rules.
    Look,
}

/// The name of the only entity of the type `Rules`.
pub(super) const THE_RULES: &str = "rules";

/// Facts, and the call in which Cedar evaluates them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inquiry<'a> {
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) call: &'a CallContext,
}

type Attribute = (String, RestrictedExpression);

impl Facts<'_> {
    /// Joins these facts with the context of a call.
    pub(crate) fn within<'a>(&'a self, call: &'a CallContext) -> Inquiry<'a> {
        Inquiry { facts: self, call }
    }

    /// The Cedar context of a call. `None` if Cedar cannot hold the facts; then nothing is allowed.
    pub(crate) fn context(&self, call: &CallContext, zone: &TimeZone) -> Option<Context> {
        // For a request, the time at which access would begin counts.
        let moment_of_interest = match self {
            Self::Request { starts_at, .. } => *starts_at,
            Self::Answer { .. } | Self::Look => call.at,
        };
        let mut facts = circumstances(call, &moment_of_interest.to_zoned(zone.clone()));
        let length =
            |duration: Duration| RestrictedExpression::new_long(duration.as_signed().as_secs());
        let ticket = |ticket: &Ticket| RestrictedExpression::new_string(ticket.as_str().to_owned());
        match self {
            Self::Request { duration, starts_at, ticket: named, reason_length } => {
                let reason_length = i64::try_from(*reason_length).ok()?;
                facts.push(fact("duration", length(*duration)));
                facts.push(fact("starts_at", moment(*starts_at)));
                facts.push(fact("reason_length", RestrictedExpression::new_long(reason_length)));
                facts.extend(named.map(|named| fact("ticket", ticket(named))));
            }
            Self::Answer { requester, duration, ticket: named } => {
                facts.push(fact(
                    "requester",
                    RestrictedExpression::new_entity_uid(person(requester)),
                ));
                facts.push(fact("duration", length(*duration)));
                facts.extend(named.map(|named| fact("ticket", ticket(named))));
            }
            Self::Look => {}
        }
        Context::from_pairs(facts).ok()
    }
}

/// The facts about time, place and second factor. `SITUATIONAL` names them.
fn circumstances(call: &CallContext, there: &Zoned) -> Vec<Attribute> {
    let mut facts = vec![
        fact("now", moment(call.at)),
        fact("weekday", RestrictedExpression::new_entity_uid(weekday(there.weekday()))),
        fact("hour", RestrictedExpression::new_long(i64::from(there.hour()))),
        fact("mfa", RestrictedExpression::new_bool(call.mfa)),
    ];
    // Cedar does not accept an IPv4 address that is written as IPv6.
    let address = call.source_ip.map(|ip| ip.to_canonical().to_string());
    facts.extend(address.map(|ip| fact("source_ip", RestrictedExpression::new_ip(ip))));
    facts
}

/// The attributes of [`circumstances`]. A rule that looks at one of them may give the same person
/// another answer a minute later.
pub(super) const SITUATIONAL: [&str; 5] = ["now", "weekday", "hour", "source_ip", "mfa"];

fn fact(name: &str, value: RestrictedExpression) -> Attribute {
    (name.to_owned(), value)
}

/// A Cedar datetime, rounded to milliseconds: Cedar reads no more digits.
fn moment(at: Timestamp) -> RestrictedExpression {
    let at = at.round(Unit::Millisecond).unwrap_or(at);
    RestrictedExpression::new_datetime(format!("{at:.3}"))
}

fn weekday(day: Weekday) -> EntityUid {
    let name = match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    };
    uid(&WEEKDAY, name)
}

pub(super) fn person(person: &Person) -> EntityUid {
    uid(&PERSON, person.as_str())
}

pub(super) fn entitlement(id: &EntitlementId) -> EntityUid {
    uid(&ENTITLEMENT, id.as_str())
}

/// The entity of the rules themselves, which is what people publish.
pub(super) fn rules() -> EntityUid {
    uid(&RULES, THE_RULES)
}

pub(super) fn uid(kind: &EntityTypeName, name: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(name))
}

pub(super) static PERSON: LazyLock<EntityTypeName> = LazyLock::new(|| kind("Person"));
pub(super) static GROUP: LazyLock<EntityTypeName> = LazyLock::new(|| kind("Group"));
static RULES: LazyLock<EntityTypeName> = LazyLock::new(|| kind("Rules"));
static ENTITLEMENT: LazyLock<EntityTypeName> = LazyLock::new(|| kind("Entitlement"));
pub(super) static ACTION: LazyLock<EntityTypeName> = LazyLock::new(|| kind("Action"));
static WEEKDAY: LazyLock<EntityTypeName> = LazyLock::new(|| kind("Weekday"));

#[expect(clippy::expect_used, reason = "the names of the schema are names")]
fn kind(name: &str) -> EntityTypeName {
    name.parse().expect("a type of the schema")
}
