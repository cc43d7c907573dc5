//! `intake`: the API for engineers, and for approvers who are signed in.
//!
//! Every route is authorised by IAM before this code runs. Who calls is what the
//! authoriser says, never what a body says. Nothing here can touch IAM or STS.
//!
//! A new route is one arm of [`Intake::route`] and one method beside it; its words
//! on the wire belong into `wire`, its refusals into `problem`.

mod caller;
mod problem;
mod wire;

use domain::{Answer, Channel, Command, Person, RequestId, Shown};
use jiff::Timestamp;
use lambda_http::{Body, Error, Request, RequestExt, Response, http::Method};
use rules::{Asking, PrincipalArn};
use service::{
    Submission, answer, ask, order,
    ports::{Cursor, IdempotencyKey, Rulebook, Store},
};

use crate::{
    problem::{Problem, Result},
    wire::{Cancel, Decide, NewRequest, RequestList, RequestView, json},
};

/// What `intake` works with.
pub struct Intake<S, R> {
    /// Where requests are.
    pub store: S,
    /// Where the rules are.
    pub rules: R,
}

/// The moment a call comes in, and the id it may need.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// When.
    pub now: Timestamp,
    /// The id of the request that this call makes, if it makes one.
    pub fresh_id: RequestId,
}

impl<S: Store, R: Rulebook> Intake<S, R> {
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
        let caller = caller::of(request)?;
        let path: Vec<_> = request.raw_http_path().split('/').skip(1).collect();
        match (request.method(), path.as_slice()) {
            (&Method::GET, ["entitlements"]) => self.entitlements(&caller).await,
            (&Method::POST, ["requests"]) => {
                let asking = wire::body::<NewRequest>(request)?.parse()?;
                let key = caller::idempotency_key(request, &caller)?;
                self.ask(Submission { caller, asking, key, id: fresh_id }, now).await
            }
            (&Method::GET, ["requests"]) => {
                let query = request.query_string_parameters();
                let cursor = query.first("cursor").map(|text| wire::field("cursor", text));
                self.list(&caller, cursor.transpose()?.as_ref()).await
            }
            (&Method::GET, ["requests", id]) => self.show(&caller, &wire::id(id)?).await,
            (&Method::POST, ["requests", id, "cancel"]) => {
                if !request.body().is_empty() {
                    wire::body::<Cancel>(request)?;
                }
                self.cancel(&caller, &wire::id(id)?, now).await
            }
            (&Method::POST, ["requests", id, "decisions"]) => {
                let decide = wire::body::<Decide>(request)?;
                self.decide(&caller, &wire::id(id)?, decide, now).await
            }
            _ => Err(Problem::no_such_route()),
        }
    }

    async fn entitlements(&self, caller: &PrincipalArn) -> Result {
        let rules = self.rules.current().await?;
        let person = caller::person(&rules, caller)?;
        let list: Vec<_> = rules.open_to(&person).map(wire::EntitlementView::from).collect();
        json(200, &serde_json::json!({ "entitlements": list }))
    }

    async fn ask(&self, submission: Submission, now: Timestamp) -> Result {
        let (request, new) = ask(&self.store, &self.rules, submission, now).await?;
        let mut response = json(if new { 201 } else { 200 }, &RequestView::of(&request))?;
        let location = format!("/requests/{}", request.id());
        response.headers_mut().insert("location", location.parse().map_err(Problem::internal)?);
        Ok(response)
    }

    async fn list(&self, caller: &PrincipalArn, cursor: Option<&Cursor>) -> Result {
        let person = self.person(caller).await?;
        let page = self.store.asked_by(&person, cursor).await?;
        json(200, &RequestList::of(&page))
    }

    /// A request somebody has nothing to do with looks like none.
    async fn show(&self, caller: &PrincipalArn, id: &RequestId) -> Result {
        let person = self.person(caller).await?;
        let (request, history) = self
            .store
            .history(id)
            .await?
            .filter(|(request, _)| request.concerns(&person))
            .ok_or(service::Error::NotFound)?;
        json(200, &RequestView::of(&request).with_timeline(&history))
    }

    async fn cancel(&self, caller: &PrincipalArn, id: &RequestId, now: Timestamp) -> Result {
        let by = self.person(caller).await?;
        self.concerned(&by, id).await?;
        let request = order(&self.store, id, Command::Cancel { by }, now).await?;
        json(200, &RequestView::of(&request))
    }

    async fn decide(
        &self,
        caller: &PrincipalArn,
        id: &RequestId,
        decide: Decide,
        now: Timestamp,
    ) -> Result {
        let by = self.person(caller).await?;
        self.concerned(&by, id).await?;
        let reason = decide.reason()?;
        let command = Command::Decide {
            verdict: decide.verdict,
            answer: Answer { by: by.clone(), reason, channel: Channel::Api },
            shown: Shown { digest: decide.digest()?, version: decide.version },
        };
        let request = answer(&self.store, &self.rules, id, (&by, command), now).await?;
        json(200, &RequestView::of(&request))
    }

    async fn person(&self, caller: &PrincipalArn) -> std::result::Result<Person, Problem> {
        caller::person(&*self.rules.current().await?, caller)
    }

    async fn concerned(&self, person: &Person, id: &RequestId) -> std::result::Result<(), Problem> {
        let found = self.store.load(id).await?;
        match found.filter(|request| request.concerns(person)) {
            Some(_) => Ok(()),
            None => Err(service::Error::NotFound.into()),
        }
    }
}

impl NewRequest {
    /// Turns what was sent into what is asked, or names the field that is wrong.
    fn parse(&self) -> std::result::Result<Asking, Problem> {
        Ok(Asking {
            entitlement: wire::field("entitlement", &self.entitlement)?,
            duration: wire::field("duration", &self.duration)?,
            reason: wire::field("reason", &self.reason)?,
        })
    }
}

/// The key of an attempt, kept apart by caller.
fn key_of(caller: &PrincipalArn, key: &str, body: &[u8]) -> IdempotencyKey {
    IdempotencyKey {
        caller: caller.clone(),
        key: key.to_owned(),
        body: domain::Digest::of_bytes("portcullis/idempotency/v1", &[body]),
    }
}
