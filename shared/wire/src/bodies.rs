//! Bodies that the API takes. Fields it does not know are refused.

use domain::request::Verdict;
use rules::source::Sources;
use serde::{Deserialize, Serialize};

/// The body of `POST /requests`. Its fields are text: each is parsed at the door, so that the
/// answer names the one that is wrong.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// The id of the entitlement.
    pub entitlement: String,
    /// The duration of access, such as `PT1H` or `1h`.
    pub duration: String,
    /// The reason of the requester.
    pub reason: String,
    /// The ticket that the request belongs to.
    pub ticket: Option<String>,
    /// The start of access; at once after the approval, if left out.
    pub starts_at: Option<String>,
    /// The id of the request that it extends.
    pub extends: Option<String>,
    /// Whether to open at once, and be reviewed afterwards.
    #[serde(default)]
    pub break_glass: bool,
    /// The id of the entitlement once more: required with `break_glass`, refused without it.
    pub confirm: Option<String>,
}

/// The body of `POST /requests/{id}/decisions`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    /// Yes or no.
    pub verdict: Verdict,
    /// The reason of the approver.
    pub reason: String,
    /// The digest of the grant that the approver was shown.
    pub digest: String,
    /// The version of the request that the approver was shown.
    pub version: u64,
}

/// The body of `POST /requests/{id}/revoke`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The reason to close access early.
    pub reason: String,
}

/// The body of `POST /rules`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFiles {
    /// The files of the set, by name.
    pub files: Sources,
}
