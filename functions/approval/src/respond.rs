//! HTTP answers: pages that run nothing, load nothing, cannot be framed and are not cached.

use std::io::Write;

use askama::Template;
use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::{Compression, write::GzEncoder};
use lambda_http::{
    Body, Error, Response,
    http::{HeaderMap, HeaderValue, header::CONTENT_ENCODING, response::Builder},
};
use sha2::{Digest, Sha256};

use crate::{
    encoding,
    page::Page,
    sign_in::{Onward, SignInProblem},
};

/// The referrer policy of the pages. It lets a page name itself as the origin of its form: older
/// browsers prove the origin in no other way ([`crate::origin`]). No other site hears of the link.
const REFERRERS: &str = "same-origin";

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    style: &'static str,
    heading: &'static str,
    text: &'static str,
}

/// A page about a request, packed if the browser accepts it. The page holds no secret that its
/// reader does not know, so its packed length may be seen.
pub(crate) fn page(page: &Page, headers: &HeaderMap) -> Result<Response<Body>, Error> {
    let mut response = respond(page.status_code, page.render()?)?;
    if encoding::takes_gzip(headers) {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(response.body())?;
        *response.body_mut() = packed.finish()?.into();
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// The answer to HEAD: the answer to GET without its body (RFC 9110, section 9.3.2).
pub(crate) fn without_body(response: Response<Body>) -> Response<Body> {
    response.map(|_| Body::Empty)
}

/// The one answer for all links that do not work, whatever the reason.
pub(crate) fn nothing_here() -> Result<Response<Body>, Error> {
    message(
        404,
        "This link does not work",
        "It may be over, belong to somebody else, or have been cut off in the mail. \
         Nothing was changed. If you were asked to approve something, open the link \
         from your own mail again.",
    )
}

/// The answer to a person who comes back from a sign-in that does not count.
pub(crate) fn not_signed_in(why: SignInProblem) -> Result<Response<Body>, Error> {
    message(403, "You are not signed in", why.advice().unwrap_or("Nothing was changed."))
}

/// A redirect to the provider, or back to the page.
pub(crate) fn onward(onward: &Onward) -> Result<Response<Body>, Error> {
    let response = Response::builder().status(303).header("location", &onward.location);
    let set = |response: Builder, cookie| response.header("set-cookie", cookie);
    Ok(onward
        .cookies
        .iter()
        .fold(response, set)
        .header("cache-control", "no-store")
        .header("referrer-policy", "no-referrer")
        .header("strict-transport-security", "max-age=31536000")
        .body(Body::Empty)?)
}

/// The answer to a fault of ours.
pub(crate) fn failed() -> Result<Response<Body>, Error> {
    message(
        500,
        "This did not work, and it is our fault",
        "We cannot say whether your answer was recorded. Please open the link from your \
         mail again in a minute: the page shows what is on record.",
    )
}

fn message(
    status: u16,
    heading: &'static str,
    text: &'static str,
) -> Result<Response<Body>, Error> {
    respond(status, Message { style: crate::STYLE, heading, text }.render()?)
}

fn respond(status: u16, html: String) -> Result<Response<Body>, Error> {
    let style = BASE64_STANDARD.encode(Sha256::digest(crate::STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    Ok(Response::builder()
        .status(status)
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", policy)
        .header("cache-control", "no-store")
        .header("referrer-policy", REFERRERS)
        .header("strict-transport-security", "max-age=31536000")
        .header("x-content-type-options", "nosniff")
        .header("x-frame-options", "DENY")
        .header("x-robots-tag", "noindex")
        .body(html.into())?)
}
