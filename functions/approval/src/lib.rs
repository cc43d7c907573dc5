//! `approval`: the page behind the link in an approver's mail.
//!
//! # Threat model
//!
//! A link is a bearer secret: whoever holds it answers in the name of its
//! addressee, once, for one request. So:
//!
//! * following it changes nothing, whoever follows it and however often: mail
//!   scanners and previews do (law 13);
//! * only the form on the page, sent from the page, answers; another site cannot
//!   send it ([`origin`]);
//! * whatever is wrong with a link, the answer is one page, word for word (law 14);
//! * the page loads nothing from anywhere, runs nothing, is framed by nobody and
//!   kept by nobody ([`page`]);
//! * what was typed by people is escaped by the template and never logged.
//!
//! The answer itself is decided where all answers are: by the rules in force and
//! by the record, which takes it in one transaction or not at all.

mod form;
mod origin;
mod page;
mod respond;
mod standing;

use domain::{Channel, Request as Asked, Situation};
use jiff::Timestamp;
use lambda_http::{
    Body, Error, Request, RequestExt, Response, http::Method, request::RequestContext,
};
use service::{
    Link, LinkToken, Reply, answer, follow,
    ports::{Links, Rulebook, Store},
};

use crate::{
    form::Form,
    page::{Notice, Page, Sight, Visitor},
};

/// What `approval` works with.
pub struct Approval<L, S, R> {
    /// Where links are.
    pub links: L,
    /// Where requests are.
    pub store: S,
    /// Where the rules are.
    pub rules: R,
    /// Where this page is, as people reach it; never taken from a header.
    pub base_url: String,
    /// The AWS account, as people know it.
    pub account: String,
}

impl<L: Links, S: Store, R: Rulebook> Approval<L, S, R> {
    /// Answers one call: a page, always.
    pub async fn handle(&self, request: &Request, now: Timestamp) -> Result<Response<Body>, Error> {
        let Some(token) = token_in(request) else { return respond::nothing_here() };
        let outcome = match *request.method() {
            Method::GET | Method::HEAD => self.show(&token, now).await,
            Method::POST if origin::is_ours(request.headers(), &self.base_url) => {
                self.decide(&token, request.body(), situation(request, now)).await
            }
            _ => return respond::nothing_here(),
        };
        match outcome {
            Ok(Some(page)) => respond::page(&page),
            Ok(None) => respond::nothing_here(),
            Err(error) => {
                tracing::error!(
                    cause = aws::telemetry::with_causes(&error),
                    request.id = %token.request(),
                    "an approval page failed"
                );
                respond::failed()
            }
        }
    }

    async fn show(&self, token: &LinkToken, now: Timestamp) -> Outcome {
        let found = follow(&self.links, token, now).await?;
        Ok(found.map(|(link, request)| self.page((&link, &request), now, Notice::None)))
    }

    async fn decide(&self, token: &LinkToken, body: &[u8], situation: Situation) -> Outcome {
        let now = situation.at;
        let found = follow(&self.links, token, now).await?;
        let Some((link, request)) = found else { return Ok(None) };
        let form = match Form::read(body) {
            Ok(form) => form,
            Err(mistake) => {
                return Ok(Some(self.page((&link, &request), now, Notice::Mistake(mistake))));
            }
        };
        let reply = Reply {
            by: link.approver.clone(),
            verdict: form.verdict,
            reason: form.reason,
            shown: form.shown,
            channel: Channel::Link,
            situation,
        };
        let id = request.id();
        let notice = match answer(&self.store, &self.rules, id, &reply).await {
            Ok(after) => {
                let recorded = Notice::Recorded(form.verdict);
                return Ok(Some(self.page((&link, &after), now, recorded)));
            }
            Err(service::Error::Refused(refusal)) => Notice::Refused(refusal.to_string()),
            Err(service::Error::Denied(reasons)) => {
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                Notice::Refused(reasons.join("; "))
            }
            Err(error) => return Err(error),
        };
        // Somebody else was faster, or it is over: show how it stands now.
        let current = self.store.load(id).await?.unwrap_or(request);
        Ok(Some(self.page((&link, &current), now, notice)))
    }

    fn page(&self, (link, request): (&Link, &Asked), now: Timestamp, notice: Notice) -> Page {
        let (visitor, account) = (&Visitor::Holder, &self.account);
        Page::of(&Sight { request, link, visitor, account, sign_in: None, now }, notice)
    }
}

/// A page, or nothing for a link that is worth nothing.
type Outcome = Result<Option<Page>, service::Error>;

/// When and from where somebody answers. A link vouches for no second factor.
fn situation(request: &Request, at: Timestamp) -> Situation {
    let address = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        _ => None,
    };
    Situation { at, source_ip: address.and_then(|address| address.parse().ok()), mfa: false }
}

fn token_in(request: &Request) -> Option<LinkToken> {
    request.raw_http_path().strip_prefix("/approvals/")?.parse().ok()
}
