//! `intake`: the API for engineers, and for approvers who are signed in.
//!
//! Every route is authorised before this code runs: by IAM, or by token. The caller comes from the
//! authoriser, and never from a body. This function cannot change IAM or call STS. It may read IAM,
//! to see whether the quotas have room for a grant.
//!
//! A new route is one arm of [`Intake::route`] and one method beside it. Bodies and documents
//! are types of [`wire`].

use api::{
    caller,
    http::{self, field, json},
    identity_center::IdentityCenter,
    problem::{Problem, Result},
};
use aws::telemetry;
use domain::{
    request::{Channel, Command, Shown, Terms},
    value::{CallContext, Person, Reason, RequestId, Start},
};
use jiff::Timestamp;
use lambda_http::{Body, Error, Request, RequestExt, Response, http::Method};
use rules::{
    directory::Caller,
    judge::{RequestDraft, Urgency},
};
use service::{
    Reply, StatementDraft, Submission, answer, execute, notes,
    ports::{Attachments, Cursor, Deliveries, IamRead, RoleLookup, Rulebook, Snapshot, Store},
    preview, revoke, submit, visible,
};

use wire::{
    CatalogueDocument, DecisionBody, DryRunDocument, EntitlementDocument, NewRequest,
    RequestDocument, RequestPage, Revocation, RulingDocument,
};

/// The handler of `intake`, with the ports that it uses.
pub struct Intake<S, R, I> {
    /// The store of requests.
    pub store: S,
    /// Read access to IAM.
    pub iam: I,
    /// The lookup of roles of Identity Center.
    pub identity_center: IdentityCenter<I>,
    /// The published rules.
    pub rules: R,
}

/// The time of a call, and an id for the request that it may make.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The time of the call.
    pub now: Timestamp,
    /// The id of the request that this call makes, if it makes one.
    pub fresh_id: RequestId,
}

impl<S: Store + Deliveries + Attachments, R: Rulebook, I: IamRead + RoleLookup> Intake<S, R, I> {
    /// Answers one call. Refusals and faults become problem documents here, in
    /// one place.
    pub async fn handle(
        &self,
        request: &Request,
        arrival: Arrival,
    ) -> std::result::Result<Response<Body>, Error> {
        self.route(request, arrival).await.or_else(Problem::into_response)
    }

    async fn route(&self, request: &Request, Arrival { now, fresh_id }: Arrival) -> Result {
        let caller = self.identity_center.verify(caller::of(request)?).await?;
        let call = caller::call(request, &caller, now);
        let path: Vec<_> = request.raw_http_path().split('/').skip(1).collect();
        match (request.method(), path.as_slice()) {
            (&Method::GET, ["entitlements"]) => {
                self.in_this_account(request).await?;
                self.entitlements(&caller, call).await
            }
            (&Method::POST, ["requests"]) => {
                let draft = draft_in(&http::body(request)?)?;
                let key = caller::idempotency_key(request, &caller)?;
                let (account, authenticated) =
                    (caller::account(request), caller::authenticated(&caller));
                let id = fresh_id;
                let submission =
                    Submission { caller, account, draft, call, key, authenticated, id };
                match request.query_string_parameters().first("dry_run") {
                    None | Some("false") => self.submit(submission).await,
                    Some("true") => self.preview(&submission).await,
                    Some(_) => Err(Problem::out_of_bounds("dry_run", "`true` or `false`")),
                }
            }
            (&Method::GET, ["requests"]) => {
                let query = request.query_string_parameters();
                let cursor = query.first("cursor").map(|text| field("cursor", text));
                self.list(&caller, cursor.transpose()?.as_ref()).await
            }
            (&Method::GET, ["requests", id]) => self.show(&caller, &http::id(id)?, call).await,
            (&Method::POST, ["requests", id, "cancel"]) => {
                http::no_body(request)?;
                self.cancel(&caller, &http::id(id)?, call).await
            }
            (&Method::POST, ["requests", id, "revoke"]) => {
                let reason = field("reason", &http::body::<Revocation>(request)?.reason)?;
                self.revoke(&caller, &http::id(id)?, reason, call).await
            }
            (&Method::POST, ["requests", id, "decisions"]) => {
                let decide = http::body::<DecisionBody>(request)?;
                self.in_this_account(request).await?;
                self.decide(&caller, &http::id(id)?, decide, call).await
            }
            _ => Err(Problem::no_such_route()),
        }
    }

    async fn entitlements(&self, caller: &Caller, call: CallContext) -> Result {
        let rules = self.rules.current().await?;
        let person = caller::person(&rules, caller)?;
        let entitlements = rules
            .open_to(&person, call)
            .map(|entry| EntitlementDocument::of(entry, &rules, &person))
            .collect();
        json(200, &CatalogueDocument { entitlements })
    }

    async fn submit(&self, submission: Submission) -> Result {
        let (request, new) = submit(&self.store, &self.rules, &self.iam, submission).await?;
        telemetry::about(request.id());
        let view = RequestDocument::from(&request).with_notes(self.notes(request.terms()).await);
        let mut response = json(if new { 201 } else { 200 }, &view)?;
        let location = format!("/requests/{}", request.id());
        response.headers_mut().insert("location", location.parse().map_err(Problem::internal)?);
        Ok(response)
    }

    /// Answers a dry run with the ruling. A refusal is an answer here, and no problem.
    async fn preview(&self, submission: &Submission) -> Result {
        let ruling = preview(&self.store, &self.rules, &self.iam, submission).await?;
        let notes = match ruling.clone().terms() {
            Ok(terms) => self.notes(&terms).await,
            Err(_) => Vec::new(),
        };
        json(200, &DryRunDocument { ruling: RulingDocument::from(&ruling), notes })
    }

    /// Notes for the requester. A fault is no reason to fail the call: there are no notes then.
    async fn notes(&self, terms: &Terms) -> Vec<String> {
        notes(&self.store, &self.iam, terms).await.unwrap_or_else(|fault| {
            let cause = telemetry::with_causes(&fault);
            tracing::warn!(cause, "could not see what is there already");
            Vec::new()
        })
    }

    async fn list(&self, caller: &Caller, cursor: Option<&Cursor>) -> Result {
        let person = self.person(caller).await?;
        let page = self.store.requests_of(&person, cursor).await?;
        json(200, &RequestPage::from(&page))
    }

    /// Answers with a request and its history. A request that the caller may not see is answered
    /// like a missing one.
    async fn show(&self, caller: &Caller, id: &RequestId, call: CallContext) -> Result {
        let rules = self.rules.current().await?;
        let person = caller::person(&rules, caller)?;
        let found = self.store.history(id).await?;
        let (request, history) = found.ok_or(service::Error::NotFound)?;
        visible(&rules, &person, &request, call)?;
        let mails = self.store.deliveries(id).await?;
        json(200, &RequestDocument::from(&request).with_timeline(history, &mails))
    }

    async fn cancel(&self, caller: &Caller, id: &RequestId, call: CallContext) -> Result {
        let (by, _) = self.concerned(caller, id, call).await?;
        let request = execute(&self.store, id, Command::Cancel { by }, call.at).await?;
        json(200, &RequestDocument::from(&request))
    }

    async fn decide(
        &self,
        caller: &Caller,
        id: &RequestId,
        decide: DecisionBody,
        call: CallContext,
    ) -> Result {
        let (by, read) = self.concerned(caller, id, call).await?;
        let reason = field("reason", &decide.reason)?;
        let shown = Shown { digest: field("digest", &decide.digest)?, version: decide.version };
        let verdict = decide.verdict;
        let statement = StatementDraft { by, reason, channel: Channel::Api, call };
        let reply = Reply { verdict, shown, statement };
        let request = answer(&self.store, &self.rules, read, &reply).await?;
        json(200, &RequestDocument::from(&request))
    }

    async fn revoke(
        &self,
        caller: &Caller,
        id: &RequestId,
        reason: Reason,
        call: CallContext,
    ) -> Result {
        let (by, read) = self.concerned(caller, id, call).await?;
        let revocation = StatementDraft { by, reason, channel: Channel::Api, call };
        let request = revoke(&self.store, &self.rules, read.request, &revocation).await?;
        json(200, &RequestDocument::from(&request))
    }

    /// Refuses a call while the rules in force are about another account than that of the API.
    async fn in_this_account(&self, request: &Request) -> std::result::Result<(), Problem> {
        let Some(here) = caller::account(request) else { return Ok(()) };
        let checked = self.rules.current().await?.directory().check_account(&here);
        checked.map_err(|denial| service::Error::Denied(vec![denial]).into())
    }

    async fn person(&self, caller: &Caller) -> std::result::Result<Person, Problem> {
        caller::person(&*self.rules.current().await?, caller)
    }

    /// The person who calls, and the request. A request that they may not see is answered like a
    /// missing one.
    async fn concerned(
        &self,
        caller: &Caller,
        id: &RequestId,
        call: CallContext,
    ) -> std::result::Result<(Person, Snapshot), Problem> {
        let found = self.store.snapshot(id).await?;
        let rules = match &found {
            Some(found) => self.rules.rules_at(found.rules).await?,
            None => self.rules.current().await?,
        };
        let person = caller::person(&rules, caller)?;
        let found = found.ok_or(service::Error::NotFound)?;
        visible(&rules, &person, &found.request, call)?;
        Ok((person, found))
    }
}

/// The draft in a body. The problem names the field that is wrong.
fn draft_in(body: &NewRequest) -> Result<RequestDraft> {
    let starts_at = body.starts_at.as_deref().map(|text| field::<Start>("starts_at", text));
    Ok(RequestDraft {
        entitlement: field("entitlement", &body.entitlement)?,
        duration: field("duration", &body.duration)?,
        reason: field("reason", &body.reason)?,
        ticket: body.ticket.as_deref().map(|text| field("ticket", text)).transpose()?,
        starts_at: starts_at.transpose()?.map(Start::at),
        extends: body.extends.as_deref().map(|text| field("extends", text)).transpose()?,
        urgency: urgency_in(body)?,
    })
}

fn urgency_in(body: &NewRequest) -> Result<Urgency> {
    match (body.break_glass, body.confirm.as_deref()) {
        (false, None) => Ok(Urgency::Usual),
        (true, Some(confirmed)) if confirmed == body.entitlement => Ok(Urgency::BreakGlass),
        (true, _) => Err(Problem::unconfirmed(&body.entitlement)),
        (false, Some(_)) => {
            Err(Problem::out_of_bounds("confirm", "it goes with `break_glass` and nothing else"))
        }
    }
}
