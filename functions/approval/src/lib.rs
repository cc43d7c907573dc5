//! `approval`: the page behind the link in an approver's mail.
//!
//! # Threat model
//!
//! A link is a bearer secret: its holder answers in the name of its addressee, once, for one
//! request. So:
//!
//! * following the link changes nothing, however often it is followed: mail scanners and
//!   previews follow links too (law 13);
//! * only the form on the page, sent from the page, answers; another site cannot
//!   send it ([`origin`]);
//! * every link that does not work gets the same page, word for word, whatever the reason
//!   (law 14);
//! * the page loads nothing, runs nothing, cannot be framed and is not cached ([`page`]);
//! * where the catalogue wants it, the holder signs in as the addressee first
//!   ([`sign_in`]), and a link alone answers nothing;
//! * text that people typed is escaped by the template and never logged.
//!
//! The answer itself is decided where all answers are decided: by the rules in force and by
//! the record, which takes it in one transaction or not at all.

mod context;
mod encoding;
mod form;
mod origin;
mod page;
mod respond;
pub mod sign_in;
mod status_text;

use std::net::IpAddr;

use aws::telemetry;
use domain::{
    request::{Channel, Request as Asked},
    value::CallContext,
};
use jiff::Timestamp;
use lambda_http::{
    Body, Error, Request, RequestExt, Response,
    http::{HeaderMap, Method},
    request::RequestContext,
};
use rules::directory::Caller;
use service::{
    Fault, Link, LinkToken, Reply, StatementDraft, answer, follow,
    ports::{Links, Rulebook, Snapshot, Store},
};

use crate::{
    context::{PageContext, Visitor},
    form::Form,
    page::{Notice, Page},
    sign_in::{Onward, SignIn, SignInProblem},
};

/// The only style of the pages. Their policy allows it by its digest, and no other.
const STYLE: &str = include_str!("../templates/style.css");

/// The settings and ports of `approval`.
pub struct ApprovalPage<L, S, R> {
    /// The store of the links.
    pub links: L,
    /// The store of the requests.
    pub store: S,
    /// The published rules.
    pub rules: R,
    /// The identity provider, for entries of the catalogue that want a sign-in.
    pub sign_in: Option<SignIn>,
    /// The URL of this deployment, as people reach it. It is never taken from a header.
    pub base_url: String,
    /// The name of the AWS account, as people know it.
    pub account: String,
}

impl<L: Links, S: Store, R: Rulebook> ApprovalPage<L, S, R> {
    /// Answers one call: with a page, or with a redirect to the sign-in or back. `draw` gives the
    /// secret bytes of a sign-in.
    pub async fn handle(
        &self,
        request: &Request,
        now: Timestamp,
        draw: impl Fn() -> Result<[u8; 32], Fault>,
    ) -> Result<Response<Body>, Error> {
        let path: Vec<_> = request.raw_http_path().split('/').skip(1).collect();
        let token: Option<LinkToken> = path.get(1).and_then(|token| token.parse().ok());
        if let Some(token) = &token {
            telemetry::about(token.request());
        }
        let outcome = match (request.method(), path.as_slice()) {
            (&Method::GET | &Method::HEAD, ["approvals", _]) => {
                self.show(token, request.headers(), now).await
            }
            (&Method::POST, ["approvals", _])
                if origin::is_ours(request.headers(), &self.base_url) =>
            {
                self.decide(token, request, now).await
            }
            (&Method::GET, ["approvals", _, "sign-in"]) => self.begin(token, now, draw).await,
            (&Method::GET, ["sign-in"]) => self.finish(request, now).await,
            _ => Ok(PageResponse::Nothing),
        };
        let response = match outcome {
            Ok(PageResponse::Page(page)) => respond::page(&page, request.headers()),
            Ok(PageResponse::Onward(onward)) => respond::onward(&onward),
            Ok(PageResponse::NotSignedIn(why)) => respond::not_signed_in(why),
            Ok(PageResponse::Nothing) => respond::nothing_here(),
            Err(error) => {
                let cause = telemetry::with_causes(&error);
                tracing::error!(cause, "an approval page failed");
                respond::failed()
            }
        }?;
        let head = request.method() == Method::HEAD;
        Ok(if head { respond::without_body(response) } else { response })
    }

    async fn show(
        &self,
        token: Option<LinkToken>,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Answered {
        let Some((token, link, Snapshot { request, .. })) = self.follow(token, now).await? else {
            return Ok(PageResponse::Nothing);
        };
        let (visitor, _) = self.visitor(headers, (&link, &request), now).await?;
        Ok(self.page(&token, (&link, &request), &visitor, (now, Notice::None)))
    }

    async fn decide(&self, token: Option<LinkToken>, http: &Request, now: Timestamp) -> Answered {
        let Some((token, link, read)) = self.follow(token, now).await? else {
            return Ok(PageResponse::Nothing);
        };
        let request = read.request.clone();
        let (visitor, mfa) = self.visitor(http.headers(), (&link, &request), now).await?;
        let page =
            |request: &Asked, notice| self.page(&token, (&link, request), &visitor, (now, notice));
        let form = match Form::read(http.body()) {
            Ok(form) => form,
            Err(mistake) => return Ok(page(&request, Notice::Mistake(mistake))),
        };
        let draft = form.reason.as_str().to_owned();
        let channel = match visitor {
            Visitor::Addressee => Channel::SignedIn,
            Visitor::Holder | Visitor::SignInProblem(_) | Visitor::SomebodyElse(_) => Channel::Link,
        };
        let reply = Reply {
            verdict: form.verdict,
            shown: form.shown,
            statement: StatementDraft {
                by: link.approver.clone(),
                reason: form.reason,
                channel,
                call: CallContext { at: now, source_ip: address(http), mfa },
            },
        };
        let id = request.id();
        let notice = match answer(&self.store, &self.rules, read, &reply).await {
            Ok(after) => return Ok(page(&after, Notice::Recorded(form.verdict))),
            Err(service::Error::Refused(refusal)) => Notice::Refused(refusal.to_string(), draft),
            Err(service::Error::Denied(reasons)) => {
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                Notice::Refused(reasons.join("; "), draft)
            }
            Err(error) => return Err(error),
        };
        // The answer was refused. The request may have changed meanwhile: show its present state.
        let current = self.store.load(id).await?.unwrap_or(request);
        Ok(page(&current, notice))
    }

    /// Begins a sign-in, for a link that works and whose request wants a sign-in.
    async fn begin(
        &self,
        token: Option<LinkToken>,
        now: Timestamp,
        draw: impl Fn() -> Result<[u8; 32], Fault>,
    ) -> Answered {
        let followed = self.follow(token, now).await?;
        match (&self.sign_in, followed) {
            (Some(sign_in), Some((token, _, read))) if read.request.terms().sign_in => {
                Ok(PageResponse::Onward(sign_in.begin(token, draw()?).await?))
            }
            (Some(_) | None, Some(_) | None) => Ok(PageResponse::Nothing),
        }
    }

    /// Leads a person who comes back from the provider to their page.
    async fn finish(&self, request: &Request, now: Timestamp) -> Answered {
        let query = request.query_string_parameters();
        let (Some(sign_in), Some(code), Some(state)) =
            (&self.sign_in, query.first("code"), query.first("state"))
        else {
            let refused = query.first("error").is_some();
            let why = if refused { SignInProblem::Refused } else { SignInProblem::Elsewhere };
            return Ok(PageResponse::NotSignedIn(why));
        };
        let Some(attempt) = SignIn::attempt(request.headers(), state) else {
            return Ok(PageResponse::NotSignedIn(SignInProblem::Elsewhere));
        };
        // The link is checked first, so that strangers cannot make us call the provider.
        let followed = self.follow(Some(attempt.token().clone()), now).await?;
        if !followed.is_some_and(|(_, _, read)| read.request.terms().sign_in) {
            return Ok(PageResponse::NotSignedIn(SignInProblem::Elsewhere));
        }
        let finished = sign_in.finish(request.headers(), (code, attempt), now).await?;
        Ok(finished.map_or_else(PageResponse::NotSignedIn, PageResponse::Onward))
    }

    async fn follow(
        &self,
        token: Option<LinkToken>,
        now: Timestamp,
    ) -> Result<Option<(LinkToken, Link, Snapshot)>, Fault> {
        let Some(token) = token else { return Ok(None) };
        let found = follow(&self.links, &token, now).await?;
        Ok(found.map(|(link, read)| (token, link, read)))
    }

    /// The visitor, as far as it matters for this request, and whether the provider vouches for a
    /// second factor.
    async fn visitor(
        &self,
        headers: &HeaderMap,
        (link, request): (&Link, &Asked),
        now: Timestamp,
    ) -> Result<(Visitor, bool), Fault> {
        let sign_in = self.sign_in.as_ref().filter(|_| request.terms().sign_in);
        let Some(sign_in) = sign_in else { return Ok((Visitor::Holder, false)) };
        let token = match sign_in.who(headers, now).await? {
            Ok(token) => token,
            Err(unproven) => return Ok((Visitor::SignInProblem(unproven), false)),
        };
        let mfa = token.mfa();
        let known = self.rules.current().await?.directory().identify(&Caller::Token(token));
        Ok(match known {
            Ok(requester) if requester.person == link.approver => (Visitor::Addressee, mfa),
            Ok(requester) => (Visitor::SomebodyElse(requester.person.to_string()), mfa),
            Err(_) => (Visitor::SomebodyElse("somebody the rules do not know".to_owned()), mfa),
        })
    }

    fn page(
        &self,
        token: &LinkToken,
        (link, request): (&Link, &Asked),
        visitor: &Visitor,
        (now, notice): (Timestamp, Notice),
    ) -> PageResponse {
        let sign_in = self.sign_in.as_ref().map(|_| SignIn::path(token));
        let account = &self.account;
        PageResponse::Page(Box::new(Page::of(
            &PageContext { request, link, visitor, account, sign_in, now },
            notice,
        )))
    }
}

/// The answer to a call.
enum PageResponse {
    Page(Box<Page>),
    Onward(Onward),
    NotSignedIn(SignInProblem),
    Nothing,
}

type Answered = Result<PageResponse, service::Error>;

/// The address that the call came from, or `None` if the gateway does not name it.
fn address(request: &Request) -> Option<IpAddr> {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            context.http.source_ip.as_deref().map(rules::directory::address)
        }
        _ => None,
    }
}
