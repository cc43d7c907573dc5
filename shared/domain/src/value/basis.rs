//! The basis of an answer of the rules: the rule set, and those of its rules that applied.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{digest::Digest, id::written_as_text};

/// The rules that a yes rests on, so that the record explains itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The digest of the rule set.
    #[serde(rename = "rules")]
    pub rule_set: Digest,
    /// The rules of the set that the yes rests on.
    #[serde(rename = "by")]
    pub rule_ids: BTreeSet<RuleId>,
}

/// The reason why a text is not the id of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a rule is named by 1 to 200 lower-case letters, digits and characters of `-_./`")]
pub struct RuleIdError;

/// The id of one rule, such as `base/requesters` or `orders-read/max_duration`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RuleId(String);

impl RuleId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RuleId {
    type Err = RuleIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=200).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9') || b"-_./".contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(RuleIdError) }
    }
}

written_as_text!(RuleId: RuleIdError);
