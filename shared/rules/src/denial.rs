//! Denials: the rule that says no, the reason, and the way out.

use std::fmt;

use domain::value::{Duration, EntitlementId, Person, RuleId};
use jiff::Timestamp;
use serde::Serialize;

use crate::directory::{Caller, SignedCaller};

/// One reason why the rules refuse a call. It is complete in itself and written for the person who
/// is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// The rule that says no.
    pub rule: RuleId,
    /// The reason, in words.
    pub reason: String,
    /// The way out, in words, if there is one.
    pub advice: Option<String>,
    #[serde(skip)]
    kind: DenialKind,
}

/// The kind of a denial. It decides the HTTP status of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DenialKind {
    /// A right is missing.
    Right,
    /// A value is out of bounds.
    Value,
}

impl Denial {
    /// Whether a value is out of bounds. Otherwise a right is missing.
    pub fn is_about_the_value(&self) -> bool {
        self.kind == DenialKind::Value
    }

    pub(crate) fn by(rule: RuleId, reason: impl fmt::Display, advice: Option<String>) -> Self {
        Self { rule, reason: reason.to_string(), advice, kind: DenialKind::Right }
    }

    fn built_in(rule: &str, reason: String, advice: &str) -> Self {
        let advice = (!advice.is_empty()).then(|| advice.to_owned());
        Self::by(built_in(rule), reason, advice)
    }

    fn about_value(rule: &str, reason: String, advice: &str) -> Self {
        Self { kind: DenialKind::Value, ..Self::built_in(rule, reason, advice) }
    }

    pub(crate) fn unknown_caller(caller: &Caller) -> Self {
        let advice = match caller {
            Caller::Aws(signed) => {
                format!("ask an administrator to add {signed} to your entry in people.toml")
            }
            Caller::Token(token) => format!(
                "ask an administrator to look at people.toml: your verified mail address under \
                 [[person]], and under [[issuer]] the url {} with the claim that holds it",
                token.issuer
            ),
        };
        let reason = format!("nobody in the directory is {caller}");
        Self::built_in("directory/unknown-caller", reason, &advice)
    }

    /// Law 26: a role name proves nothing, because anybody who may create roles can create one with
    /// a name like those of Identity Center.
    pub(crate) fn not_identity_center(caller: &SignedCaller) -> Self {
        Self::built_in(
            "directory/not-identity-center",
            format!("{caller} is named like a session of Identity Center, and its role is not one"),
            "sign in by Identity Center; if you did, tell an administrator: the API could not see \
             that role under /aws-reserved/sso.amazonaws.com/",
        )
    }

    /// A denial for rules whose IAM users and roles belong to another account.
    pub(crate) fn other_account(rules: &str, here: &str) -> Self {
        Self::built_in(
            "directory/other-account",
            format!("the rules are about account {rules}, and this is account {here}"),
            "correct `account` in people.toml, or ask an administrator to",
        )
    }

    pub(crate) fn ambiguous_caller(caller: &Caller, one: &Person, other: &Person) -> Self {
        Self::built_in(
            "directory/ambiguous-caller",
            format!("{caller} could be {one} or {other}"),
            &format!("ask an administrator to give {caller} to one of them in people.toml"),
        )
    }

    pub(crate) fn unknown_entitlement(id: &EntitlementId) -> Self {
        Self::about_value(
            "catalogue/unknown-entitlement",
            format!("there is no entitlement `{id}`"),
            "see GET /entitlements for what you may ask for",
        )
    }

    pub(crate) fn not_permitted(
        (rule, verb): (&str, &str),
        id: &EntitlementId,
        person: &Person,
    ) -> Self {
        Self::built_in(
            rule,
            format!("no rule lets {person} {verb} `{id}`"),
            "ask an administrator for the right, or somebody who has it",
        )
    }

    pub(crate) fn not_a_publisher(rule: &str, person: &Person) -> Self {
        Self::built_in(
            rule,
            format!("no rule lets {person} publish rules"),
            "ask an administrator of the deployment, or somebody whom a rule lets `publish`",
        )
    }

    pub(crate) fn too_long(id: &EntitlementId, max: Duration, asked: Duration) -> Self {
        Self::about_value(
            &format!("{id}/max_duration"),
            format!("`{id}` may be had for at most {max}, not {asked}"),
            &format!("ask for {max} or less"),
        )
    }

    pub(crate) fn no_ticket(id: &EntitlementId, pattern: &str) -> Self {
        Self::about_value(
            &format!("{id}/ticket"),
            format!("`{id}` needs a ticket of the form {pattern}"),
            "name the ticket this belongs to",
        )
    }

    pub(crate) fn short_reason(id: &EntitlementId, least: usize) -> Self {
        Self::about_value(
            &format!("{id}/reason_length"),
            format!("`{id}` needs a reason of at least {least} characters"),
            "say more about why",
        )
    }

    pub(crate) fn starts_outside(id: &EntitlementId, now: Timestamp, latest: Timestamp) -> Self {
        Self::about_value(
            &format!("{id}/max_ahead"),
            format!("`{id}` may start between {now:.0} and {latest:.0}"),
            "leave the start out to have access from the approval on",
        )
    }

    pub(crate) fn glass_starts_later(id: &EntitlementId) -> Self {
        Self::about_value(
            &format!("{id}/break_glass"),
            "breaking glass opens at once; it cannot start later".to_owned(),
            "leave the start out, or ask in the usual way",
        )
    }

    pub(crate) fn no_glass(id: &EntitlementId) -> Self {
        Self::built_in(
            &format!("{id}/break_glass"),
            format!("`{id}` has no glass to break"),
            "ask for it in the usual way",
        )
    }

    pub(crate) fn no_user(id: &EntitlementId, person: &Person) -> Self {
        Self::built_in(
            &format!("{id}/grant"),
            format!("`{id}` is granted to IAM users, and {person} does not come as one"),
            "call as your IAM user, or ask an administrator to name your only one in people.toml",
        )
    }

    /// A session carries the person's mail address, and AWS does not accept every address.
    pub(crate) fn no_source_identity(id: &EntitlementId, person: &Person) -> Self {
        Self::built_in(
            &format!("{id}/grant"),
            format!("`{id}` is granted as a session in your name, and AWS does not take {person}"),
            "ask an administrator for an address of at most 64 letters, digits and `_+=,.@-`",
        )
    }

    pub(crate) fn out_of_reach(id: &EntitlementId, step: &str) -> Self {
        Self::built_in(
            &format!("{id}/step/{step}"),
            format!("too few people besides you may decide step `{step}` of `{id}`"),
            "ask an administrator to name more approvers, or your manager",
        )
    }

    /// Law 11: the rules in force would not give the terms that are pinned on the request.
    pub(crate) fn changed(id: &EntitlementId) -> Self {
        Self::built_in(
            "pinned/changed",
            format!("the rules for `{id}` have changed since this was asked"),
            "it must be asked again",
        )
    }

    pub(crate) fn lost(id: &EntitlementId, person: &Person) -> Self {
        Self::built_in(
            "base/only-approvers",
            format!("{person} is not an approver of `{id}`, or not any more"),
            "it must be asked again, or somebody else has to decide",
        )
    }

    pub(crate) fn unclear(rule: RuleId) -> Self {
        let reason = format!("rule `{rule}` could not be evaluated");
        Self::by(rule, reason, Some("ask an administrator to mend the rule".to_owned()))
    }
}

/// Writes the reason and the advice in one line.
impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        match &self.advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

/// # Panics
///
/// Never: the names above are valid rule names, also with the id of an entitlement in them.
#[expect(clippy::expect_used, reason = "the names above are rule names")]
fn built_in(rule: &str) -> RuleId {
    rule.parse().expect("a built-in rule has a proper name")
}
