//! Credentials of a session.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service::Credentials;

/// The answer to `POST /requests/{id}/credentials`. It cannot be printed by `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct CredentialsDocument {
    /// The access key.
    pub access_key_id: String,
    /// The secret of the access key.
    pub secret_access_key: String,
    /// The token that goes with each call.
    pub session_token: String,
    /// The first instant at which they give no access.
    pub expires_at: Timestamp,
}

impl From<Credentials> for CredentialsDocument {
    fn from(given: Credentials) -> Self {
        Self {
            access_key_id: given.access_key_id,
            secret_access_key: given.secret_access_key,
            session_token: given.session_token,
            expires_at: given.expires_at,
        }
    }
}

impl fmt::Debug for CredentialsDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
