//! The form of the page, read back.

use domain::{Reason, Shown, Verdict};
use serde::Deserialize;

/// The largest form, in bytes: the longest reason, percent-encoded, fits.
const MAX_BODY: usize = 16 * 1024;

/// An answer as it was given.
pub(crate) struct Form {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Reason,
    pub(crate) shown: Shown,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    verdict: Verdict,
    reason: String,
    digest: String,
    version: u64,
}

impl Form {
    /// Reads a form, or says in words what to do about it.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        let tampered = || "The answer did not arrive whole. Please answer again.".to_owned();
        if body.len() > MAX_BODY {
            return Err("The reason is too long. Please shorten it.".to_owned());
        }
        let fields: Fields = serde_urlencoded::from_bytes(body).map_err(|_| tampered())?;
        // A reason is one line, and the field lets people break it.
        let reason = fields.reason.replace("\r\n", " ").replace(['\r', '\n'], " ");
        let reason = reason.parse().map_err(|error| format!("Not recorded: {error}."))?;
        let digest = fields.digest.parse().map_err(|_| tampered())?;
        Ok(Self {
            verdict: fields.verdict,
            reason,
            shown: Shown { digest, version: fields.version },
        })
    }
}
