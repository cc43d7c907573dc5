//! Refusals and faults as problem documents (RFC 9457).

use std::fmt;

use rules::Denial;
use serde::{Deserialize, Serialize};

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemDocument {
    /// The stable name of the problem: `urn:portcullis:problem:<slug>`.
    pub r#type: String,
    /// The slug with blanks.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The problem, in words.
    pub detail: String,
    /// All reasons of the rules. Empty for other problems.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<DenialReason>,
}

/// One reason of the rules to say no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenialReason {
    /// The id of the rule.
    pub rule: String,
    /// The reason, in words.
    pub reason: String,
    /// The way out, where there is one.
    pub advice: Option<String>,
}

impl From<&Denial> for DenialReason {
    fn from(denial: &Denial) -> Self {
        let Denial { rule, reason, advice, .. } = denial;
        Self { rule: rule.to_string(), reason: reason.clone(), advice: advice.clone() }
    }
}

/// The reason, the way out, and the rule, in one line.
impl fmt::Display for DenialReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        self.advice.iter().try_for_each(|advice| write!(f, "; {advice}"))?;
        write!(f, " [{}]", self.rule)
    }
}

impl std::error::Error for ProblemDocument {}

impl fmt::Display for ProblemDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reasons.as_slice() {
            [] => write!(f, "{} (status {})", self.detail, self.status),
            reasons => {
                write!(f, "refused (status {}):", self.status)?;
                reasons.iter().try_for_each(|DenialReason { rule, reason, advice }| {
                    write!(f, "\n  - {reason} [{rule}]")?;
                    advice.iter().try_for_each(|advice| write!(f, "\n    {advice}"))
                })
            }
        }
    }
}
