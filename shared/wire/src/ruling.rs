//! The ruling on a draft that was only tried, in a dry run.

use std::iter;

use rules::judge::Ruling;
use serde::{Deserialize, Serialize};

use crate::{DenialReason, TermsDocument};

/// The answer to `POST /requests?dry_run=true`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DryRunDocument {
    /// The ruling.
    #[serde(flatten)]
    pub ruling: RulingDocument,
    /// Notes for the requester.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The answer of the rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum RulingDocument {
    /// Access would open at once.
    Allow(Box<TermsDocument>),
    /// The people of the approval steps would decide.
    NeedsApproval(Box<TermsDocument>),
    /// The request would be refused.
    Deny {
        /// All reasons.
        reasons: Vec<DenialReason>,
    },
    /// A ruling of a later version.
    #[serde(other)]
    Unknown,
}

impl From<&Ruling> for RulingDocument {
    fn from(ruling: &Ruling) -> Self {
        let terms = |terms| Box::new(TermsDocument::of(terms, iter::empty()));
        match ruling {
            Ruling::Allow(allowed) => Self::Allow(terms(allowed)),
            Ruling::NeedsApproval(asked) => Self::NeedsApproval(terms(asked)),
            Ruling::Deny(reasons) => {
                Self::Deny { reasons: reasons.iter().map(DenialReason::from).collect() }
            }
        }
    }
}
