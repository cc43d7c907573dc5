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

/// A form that cannot be taken: what to do about it, and what was typed.
pub(crate) struct Mistake {
    pub(crate) says: String,
    pub(crate) draft: String,
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
    pub(crate) fn read(body: &[u8]) -> Result<Self, Mistake> {
        let tampered = "The answer did not arrive whole. Please answer again.";
        let lost = |says: &str| Mistake { says: says.to_owned(), draft: String::new() };
        if body.len() > MAX_BODY {
            return Err(lost("The reason is too long. Please shorten it."));
        }
        let fields: Fields = serde_urlencoded::from_bytes(body).map_err(|_| lost(tampered))?;
        // A reason is one line, and the field lets people break it.
        let typed = fields.reason.replace("\r\n", " ").replace(['\r', '\n'], " ");
        let reason = typed.parse().map_err(|error| {
            let says = format!("Not recorded: {error}.");
            Mistake { says, draft: typed.chars().take(Reason::MAX_CHARS).collect() }
        })?;
        let digest = fields.digest.parse().map_err(|_| lost(tampered))?;
        Ok(Self {
            verdict: fields.verdict,
            reason,
            shown: Shown { digest, version: fields.version },
        })
    }
}
