//! Bodies, fields and answers, which all routes read and write in the same way.

use std::str::FromStr;

use aws::telemetry;
use domain::value::RequestId;
use lambda_http::{Body, Request as HttpRequest, RequestExt, Response, request::RequestContext};
use serde::{Serialize, de::DeserializeOwned};
use tracing::Span;

use crate::problem::{Problem, Result};

/// The largest body, in bytes. The longest reason fits, written as JSON escapes.
const MAX_BODY: usize = 16 * 1024;

/// A body without content: an empty JSON object, or no bytes at all.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

/// Refuses a body with content.
pub fn no_body(request: &HttpRequest) -> Result<()> {
    if request.body().is_empty() { Ok(()) } else { body::<Empty>(request).map(|_| ()) }
}

/// The span of a call. It names the route as the template has it, and never the path, which may
/// hold a token.
pub fn invocation(function: &'static str, request: &HttpRequest) -> Span {
    let route = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.route_key.as_deref(),
        _ => None,
    };
    let id = request.lambda_context_ref().map_or("", |context| context.request_id.as_str());
    telemetry::invocation(function, route.unwrap_or("unknown route"), id)
}

/// Reads a JSON body of at most [`MAX_BODY`] bytes.
pub fn body<T: DeserializeOwned>(request: &HttpRequest) -> Result<T> {
    body_within(MAX_BODY, request)
}

/// Reads a JSON body of at most `limit` bytes.
pub fn body_within<T: DeserializeOwned>(limit: usize, request: &HttpRequest) -> Result<T> {
    let bytes: &[u8] = request.body();
    if bytes.len() > limit {
        return Err(Problem::too_large(limit));
    }
    if bytes.is_empty() {
        return Err(Problem::malformed("a JSON body is required"));
    }
    // `serde_json` would also take a list of the fields' values.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::malformed("the body must be a JSON object"));
    }
    serde_json::from_slice(bytes).map_err(|error| Problem::malformed(error.to_string()))
}

/// Parses one field. The problem names the field.
pub fn field<T: FromStr<Err: ToString>>(name: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error: T::Err| Problem::out_of_bounds(name, &error.to_string()))
}

/// The request id in a path. A text that cannot be an id is answered like an unknown id.
pub fn id(text: &str) -> Result<RequestId> {
    let id: RequestId = text.parse().map_err(|_| service::Error::NotFound)?;
    telemetry::about(&id);
    Ok(id)
}

/// An answer in JSON, which must not be cached.
pub fn json(status: u16, value: &impl Serialize) -> Result {
    let body = serde_json::to_string(value).map_err(Problem::internal)?;
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("cache-control", "no-store")
        .body(Body::from(body))
        .map_err(Problem::internal)
}
