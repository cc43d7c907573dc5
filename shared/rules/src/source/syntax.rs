//! The shapes of the TOML files. Unknown keys are refused.

use std::{collections::BTreeSet, ops::Range};

use domain::{
    grant::{ExternalId, PolicyArn, PrincipalName, RoleArn},
    value::{Duration, Person},
};
use jiff::tz::TimeZone;
use serde::{Deserialize, de::DeserializeOwned};
use toml::Spanned;

use super::problem::{File, RuleProblem};

/// The contents of `entitlements.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntitlementsFile {
    pub(crate) timezone: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) two_publishers: bool,
    #[serde(default)]
    pub(crate) entitlement: Vec<EntitlementEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntitlementEntry {
    pub(crate) id: Spanned<String>,
    pub(crate) title: Spanned<String>,
    #[serde(default)]
    pub(crate) tags: Vec<Spanned<String>>,
    pub(crate) requesters: Option<Names>,
    pub(crate) approvers: Option<Names>,
    pub(crate) quorum: Option<Spanned<usize>>,
    #[serde(default)]
    pub(crate) step: Vec<StepEntry>,
    pub(crate) max_duration: Duration,
    pub(crate) max_ahead: Option<Duration>,
    pub(crate) decide_within: Duration,
    pub(crate) remind_at: Option<Spanned<u8>>,
    pub(crate) escalate: Option<EscalateEntry>,
    #[serde(default)]
    pub(crate) sign_in: bool,
    pub(crate) lasting: Option<Spanned<String>>,
    pub(crate) ticket: Option<Spanned<String>>,
    pub(crate) reason_length: Option<Spanned<usize>>,
    pub(crate) break_glass: Option<BreakGlassEntry>,
    pub(crate) grant: GrantEntry,
}

/// People as they are written: `ann@example.com`, `group:engineers`, `manager`.
pub(crate) type Names = Spanned<Vec<Spanned<String>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepEntry {
    pub(crate) name: Spanned<String>,
    pub(crate) approvers: Names,
    pub(crate) quorum: Option<Spanned<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EscalateEntry {
    pub(crate) to: Names,
    pub(crate) at: Option<Spanned<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BreakGlassEntry {
    pub(crate) reviewers: Option<Names>,
    pub(crate) review_within: Duration,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum GrantEntry {
    InlinePolicy {
        policy: String,
        role: Option<PrincipalName>,
    },
    ManagedPolicy {
        policy: PolicyArn,
        role: Option<PrincipalName>,
    },
    Session {
        role: RoleArn,
        external_id: Option<ExternalId>,
        policy: Option<String>,
        #[serde(default)]
        policies: BTreeSet<PolicyArn>,
    },
}

/// The contents of `people.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeopleFile {
    pub(crate) account: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) trusted_sessions: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) issuer: Vec<IssuerEntry>,
    #[serde(default)]
    pub(crate) person: Vec<PersonEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuerEntry {
    pub(crate) url: Spanned<String>,
    pub(crate) claim: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonEntry {
    pub(crate) mail: Spanned<String>,
    pub(crate) name: Spanned<String>,
    pub(crate) timezone: Option<Spanned<String>>,
    pub(crate) manager: Option<Spanned<Person>>,
    #[serde(default)]
    pub(crate) arns: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) groups: Vec<Spanned<String>>,
}

/// Parses a TOML file. The error has the place.
pub(crate) fn parse<T: DeserializeOwned>(file: &File) -> Result<T, Box<RuleProblem>> {
    toml::from_str(&file.text).map_err(|error| {
        let place = error.span().unwrap_or_default();
        Box::new(RuleProblem::at(file, place, error.message()))
    })
}

/// Collects the problems of one file.
pub(crate) struct Problems<'a> {
    pub(crate) file: File,
    pub(crate) found: &'a mut Vec<RuleProblem>,
}

impl Problems<'_> {
    pub(crate) fn say(&mut self, place: Range<usize>, message: impl std::fmt::Display) {
        self.found.push(RuleProblem::at(&self.file, place, message));
    }

    pub(crate) fn advise(
        &mut self,
        place: Range<usize>,
        message: impl std::fmt::Display,
        help: impl std::fmt::Display,
    ) {
        self.found.push(RuleProblem::at(&self.file, place, message).with_help(help));
    }

    /// Reads the name of a time zone. An unknown name is a problem.
    pub(crate) fn zone(&mut self, name: &Spanned<String>) -> Option<TimeZone> {
        let zone = TimeZone::get(name.as_ref()).ok();
        if zone.is_none() {
            let help = "name a zone such as `Europe/Berlin`";
            self.advise(name.span(), "there is no such time zone", help);
        }
        zone
    }
}

/// Whether a text is one line of 1 to 100 characters. Titles and names appear in mail subjects and
/// on pages exactly as they are written.
pub(crate) fn is_a_line(text: &str) -> bool {
    let as_it_is = |line: domain::value::Reason| line.as_str() == text;
    text.chars().count() <= 100 && text.parse().is_ok_and(as_it_is)
}

/// Whether a text is plain enough for the name of a group, a tag or a step, so that no two names
/// look the same: it has the form of an entitlement id.
pub(crate) fn is_a_name(text: &str) -> bool {
    text.parse::<domain::value::EntitlementId>().is_ok()
}

/// The look of a name: similar letters become one letter. No two names may have the same look.
pub(crate) fn look_of(name: &str) -> String {
    let alike = |c: char| match c.to_ascii_lowercase() {
        '0' => 'o',
        '1' | 'i' => 'l',
        '_' | '.' => '-',
        other => other,
    };
    name.chars().map(alike).collect::<String>().replace("rn", "m").replace("vv", "w")
}
