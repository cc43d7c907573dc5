//! The entries of the catalogue that a caller may ask for.

use std::collections::BTreeSet;

use domain::value::{Duration, EntitlementId, Person};
use rules::{
    Denial,
    directory::{Entitlement, StepTemplate, TicketPattern},
    source::RuleSet,
};
use serde::{Deserialize, Serialize};

use crate::DenialReason;

/// The answer to `GET /entitlements`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CatalogueDocument {
    /// The entries.
    pub entitlements: Vec<EntitlementDocument>,
}

/// An entry of the catalogue, as a person sees it who may request it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EntitlementDocument {
    /// Its id.
    pub id: EntitlementId,
    /// Its title.
    pub title: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// The longest duration of one request.
    pub max_duration: Duration,
    /// The latest start, counted from now.
    pub max_ahead: Duration,
    /// The time that approvers have.
    pub decide_within: Duration,
    /// The pattern of the ticket, where one is needed.
    pub ticket: Option<String>,
    /// The shortest reason, in characters.
    pub reason_length: usize,
    /// The reason why things made during access may stay when it ends. None if nothing may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<String>,
    /// The approval steps.
    pub steps: Vec<StepOutline>,
    /// Whether some requests need no approval by a person.
    pub could_be_automatic: bool,
    /// Whether the caller could break glass.
    pub could_break_glass: bool,
    /// The reasons against a request just now.
    pub obstacles: Vec<DenialReason>,
}

/// An approval step of an entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepOutline {
    /// Its name.
    pub name: String,
    /// The number of people who must say yes.
    pub quorum: usize,
    /// The people who may say yes, in words.
    pub approvers: String,
}

impl EntitlementDocument {
    /// The entry, with the reasons against a request of this person just now.
    pub fn of(
        (id, entry, obstacles): (&EntitlementId, &Entitlement, Vec<Denial>),
        rules: &RuleSet,
        person: &Person,
    ) -> Self {
        let step = |step: &StepTemplate| StepOutline {
            name: step.name.clone(),
            quorum: step.quorum,
            approvers: step.approvers.to_string(),
        };
        Self {
            id: id.clone(),
            title: entry.title.clone(),
            tags: entry.tags.clone(),
            max_duration: entry.max_duration,
            max_ahead: entry.max_ahead,
            decide_within: entry.decide_within,
            ticket: entry.ticket.as_ref().map(TicketPattern::as_str).map(str::to_owned),
            reason_length: entry.reason_length,
            lasting: entry.lasting.clone(),
            steps: entry.steps.iter().map(step).collect(),
            could_be_automatic: rules.could_be_automatic(person, id),
            could_break_glass: rules.could_break_glass(person, id),
            obstacles: obstacles.iter().map(DenialReason::from).collect(),
        }
    }
}
