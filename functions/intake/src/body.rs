//! What comes in on the wire. What goes out is in `view`.

use api::{problem::Result, wire::field};
use domain::{
    request::Verdict,
    value::{Digest, Reason},
};
use serde::Deserialize;

/// The body of `POST /requests`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequest {
    pub(crate) entitlement: String,
    pub(crate) duration: String,
    pub(crate) reason: String,
    pub(crate) ticket: Option<String>,
    pub(crate) starts_at: Option<String>,
    pub(crate) extends: Option<String>,
    #[serde(default)]
    pub(crate) break_glass: bool,
    pub(crate) confirm: Option<String>,
}

/// The body of `POST /requests/{id}/decisions`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decide {
    pub(crate) verdict: Verdict,
    reason: String,
    digest: String,
    pub(crate) version: u64,
}

/// The body of `POST /requests/{id}/revoke`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revoke {
    reason: String,
}

impl Revoke {
    pub(crate) fn reason(&self) -> Result<Reason> {
        field("reason", &self.reason)
    }
}

impl Decide {
    pub(crate) fn reason(&self) -> Result<Reason> {
        field("reason", &self.reason)
    }

    pub(crate) fn digest(&self) -> Result<Digest> {
        field("digest", &self.digest)
    }
}
