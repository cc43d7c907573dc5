//! What comes in on the wire, and how it is read. What goes out is in `view`.

use std::str::FromStr;

use domain::{Digest, Reason, RequestId, Verdict};
use jiff::Timestamp;
use lambda_http::{Body, Request as HttpRequest, Response};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::problem::{Problem, Result};

/// The largest body, in bytes. The longest reason fits, written as JSON escapes.
const MAX_BODY: usize = 16 * 1024;

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

/// The body of `POST /requests/{id}/cancel`, if there is one: an empty object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancel {}

impl Decide {
    pub(crate) fn reason(&self) -> Result<Reason> {
        field("reason", &self.reason)
    }

    pub(crate) fn digest(&self) -> Result<Digest> {
        field("digest", &self.digest)
    }
}

/// Reads a JSON body of at most [`MAX_BODY`] bytes.
pub(crate) fn body<T: DeserializeOwned>(request: &HttpRequest) -> Result<T> {
    let bytes: &[u8] = request.body();
    if bytes.len() > MAX_BODY {
        return Err(Problem::too_large(MAX_BODY));
    }
    if bytes.is_empty() {
        return Err(Problem::malformed("a JSON body is required"));
    }
    // Our reader would take a list of the fields' values as well.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::malformed("the body must be a JSON object"));
    }
    serde_json::from_slice(bytes).map_err(|error| Problem::malformed(error.to_string()))
}

/// Reads one field, and names it when it is wrong.
pub(crate) fn field<T: FromStr<Err: ToString>>(name: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error: T::Err| Problem::out_of_bounds(name, &error.to_string()))
}

/// A start: a whole second, as IAM reads dates no finer.
pub(crate) fn whole_second(text: &str) -> Result<Timestamp> {
    let at: Timestamp = field("starts_at", text)?;
    if at.subsec_nanosecond() == 0 {
        Ok(at)
    } else {
        Err(Problem::out_of_bounds("starts_at", "a start is a whole second"))
    }
}

/// The id in a path. What cannot be an id is not found.
pub(crate) fn id(text: &str) -> Result<RequestId> {
    text.parse().map_err(|_| service::Error::NotFound.into())
}

/// An answer in JSON. Nobody on the way may keep it.
pub(crate) fn json(status: u16, value: &impl Serialize) -> Result {
    let body = serde_json::to_string(value).map_err(Problem::internal)?;
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("cache-control", "no-store")
        .body(Body::from(body))
        .map_err(Problem::internal)
}
