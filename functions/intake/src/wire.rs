//! The words on the wire, where they say less than the domain or must stay fixed.

use std::str::FromStr;

use domain::{
    Cause, Digest, Duration, EntitlementId, Entry, Grant, Person, Reason, Request, RequestId,
    Verdict, Window,
};
use jiff::Timestamp;
use lambda_http::{Body, Request as HttpRequest, Response};
use rules::Entitlement;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use service::ports::Page;

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

/// A request as its people see it.
#[derive(Serialize)]
pub(crate) struct RequestView<'a> {
    id: &'a RequestId,
    status: &'static str,
    entitlement: &'a EntitlementId,
    requester: &'a Person,
    reason: &'a Reason,
    duration: Duration,
    window: Option<Window>,
    decide_by: Timestamp,
    decisions: Vec<DecisionView<'a>>,
    grant: GrantView<'a>,
    rules: Digest,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<&'a [Entry]>,
}

#[derive(Serialize)]
struct DecisionView<'a> {
    by: &'a Person,
    verdict: Verdict,
    reason: &'a Reason,
    at: Timestamp,
}

#[derive(Serialize)]
struct GrantView<'a> {
    digest: Digest,
    #[serde(flatten)]
    says: &'a Grant,
}

impl<'a> RequestView<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        let ask = request.ask();
        let decision = |decision: &'a domain::Decision| DecisionView {
            by: &decision.answer.by,
            verdict: decision.verdict,
            reason: &decision.answer.reason,
            at: decision.at,
        };
        Self {
            id: request.id(),
            status: request.status().as_str(),
            entitlement: &ask.entitlement,
            requester: &ask.requester,
            reason: &ask.reason,
            duration: ask.duration,
            window: request.window(),
            decide_by: ask.decide_by,
            decisions: request.decisions().iter().map(decision).collect(),
            grant: GrantView { digest: ask.grant.digest(), says: &ask.grant },
            rules: ask.rules,
            version: request.version(),
            failure: request.state().failure().map(Cause::advice),
            timeline: None,
        }
    }

    pub(crate) fn with_timeline(mut self, history: &'a [Entry]) -> Self {
        self.timeline = Some(history);
        self
    }
}

/// A page of requests.
#[derive(Serialize)]
pub(crate) struct RequestList<'a> {
    requests: Vec<RequestView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl<'a> RequestList<'a> {
    pub(crate) fn of(page: &'a Page) -> Self {
        Self {
            requests: page.requests.iter().map(RequestView::of).collect(),
            cursor: page.next.as_ref().map(ToString::to_string),
        }
    }
}

/// An entry of the catalogue, as somebody who may ask for it sees it.
#[derive(Serialize)]
pub(crate) struct EntitlementView<'a> {
    id: &'a EntitlementId,
    title: &'a str,
    max_duration: Duration,
    decide_within: Duration,
    quorum: usize,
    approvers: &'a std::collections::BTreeSet<Person>,
}

impl<'a> From<(&'a EntitlementId, &'a Entitlement)> for EntitlementView<'a> {
    fn from((id, entry): (&'a EntitlementId, &'a Entitlement)) -> Self {
        Self {
            id,
            title: &entry.title,
            max_duration: entry.max_duration,
            decide_within: entry.decide_within,
            quorum: entry.quorum,
            approvers: &entry.approvers,
        }
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
