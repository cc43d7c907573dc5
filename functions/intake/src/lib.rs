//! `intake`: the API for engineers, and for approvers who are signed in.
//!
//! Every route is authorised before this code runs: by IAM, or by token. Who calls is what the
//! authoriser says, never what a body says. Nothing here can change IAM or
//! call STS; that IAM has room for what is asked, it may see.
//!
//! A new route is one arm of [`Intake::route`] and one method beside it; what comes
//! in belongs into `body`, what goes out into `view`.

mod body;
mod view;

use api::{
    caller,
    identity_center::IdentityCenter,
    problem::{Problem, Result},
    wire::{self, Nothing, field, json},
};
use domain::{Ask, Channel, Command, Person, Reason, RequestId, Shown, Situation, Start};
use jiff::Timestamp;
use lambda_http::{Body, Error, Request, RequestExt, Response, http::Method};
use rules::{Asking, Caller, Urgency};
use service::{
    Reply, Revocation, Submission, answer, ask, execute, notes,
    ports::{Cursor, Deliveries, Holdings, IamSight, RoleLookup, Rulebook, Snapshot, Store},
    preview, revoke,
};

use crate::{
    body::{Decide, NewRequest, Revoke},
    view::{EntitlementView, Foreseen, RequestList, RequestView, VerdictView},
};

/// What `intake` works with.
pub struct Intake<S, R, I> {
    /// Where requests are.
    pub store: S,
    /// What can be seen of IAM.
    pub sight: I,
    /// Roles that are known to be of Identity Center.
    pub identity_center: IdentityCenter<I>,
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

impl<S: Store + Deliveries + Holdings, R: Rulebook, I: IamSight + RoleLookup> Intake<S, R, I> {
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
        let caller = self.identity_center.look_at(caller::of(request)?).await?;
        let situation = caller::situation(request, &caller, now);
        let path: Vec<_> = request.raw_http_path().split('/').skip(1).collect();
        match (request.method(), path.as_slice()) {
            (&Method::GET, ["entitlements"]) => {
                self.in_this_account(request).await?;
                self.entitlements(&caller, situation).await
            }
            (&Method::POST, ["requests"]) => {
                let asking = wire::body::<NewRequest>(request)?.parse()?;
                let key = caller::idempotency_key(request, &caller)?;
                let (account, vouched) = (caller::account(request), caller::vouched(&caller));
                let id = fresh_id;
                let submission =
                    Submission { caller, account, asking, situation, key, vouched, id };
                match request.query_string_parameters().first("dry_run") {
                    None | Some("false") => self.ask(submission).await,
                    Some("true") => self.preview(&submission).await,
                    Some(_) => Err(Problem::out_of_bounds("dry_run", "`true` or `false`")),
                }
            }
            (&Method::GET, ["requests"]) => {
                let query = request.query_string_parameters();
                let cursor = query.first("cursor").map(|text| field("cursor", text));
                self.list(&caller, cursor.transpose()?.as_ref()).await
            }
            (&Method::GET, ["requests", id]) => self.show(&caller, &wire::id(id)?, situation).await,
            (&Method::POST, ["requests", id, "cancel"]) => {
                Nothing::said_in(request)?;
                self.cancel(&caller, &wire::id(id)?, situation).await
            }
            (&Method::POST, ["requests", id, "revoke"]) => {
                let reason = wire::body::<Revoke>(request)?.reason()?;
                self.revoke(&caller, &wire::id(id)?, reason, situation).await
            }
            (&Method::POST, ["requests", id, "decisions"]) => {
                let decide = wire::body::<Decide>(request)?;
                self.in_this_account(request).await?;
                self.decide(&caller, &wire::id(id)?, decide, situation).await
            }
            _ => Err(Problem::no_such_route()),
        }
    }

    async fn entitlements(&self, caller: &Caller, situation: Situation) -> Result {
        let rules = self.rules.current().await?;
        let person = caller::person(&rules, caller)?;
        let list: Vec<_> = rules
            .open_to(&person, situation)
            .map(|entry| EntitlementView::of(entry, &rules, &person))
            .collect();
        json(200, &serde_json::json!({ "entitlements": list }))
    }

    async fn ask(&self, submission: Submission) -> Result {
        let (request, new) = ask(&self.store, (&self.rules, &self.sight), submission).await?;
        let view = RequestView::of(&request).with_notes(self.notes(request.ask()).await);
        let mut response = json(if new { 201 } else { 200 }, &view)?;
        let location = format!("/requests/{}", request.id());
        response.headers_mut().insert("location", location.parse().map_err(Problem::internal)?);
        Ok(response)
    }

    /// What would come of it. A refusal is an answer here, and no problem.
    async fn preview(&self, submission: &Submission) -> Result {
        let verdict = preview(&self.store, (&self.rules, &self.sight), submission).await?;
        let notes = match verdict.clone().ask() {
            Ok(ask) => self.notes(&ask).await,
            Err(_) => Vec::new(),
        };
        json(200, &Foreseen { verdict: VerdictView::of(&verdict), notes })
    }

    /// Notes for the requester. They are not worth a failure: the request is on record.
    async fn notes(&self, ask: &Ask) -> Vec<String> {
        notes(&self.store, &self.sight, ask).await.unwrap_or_else(|fault| {
            let cause = aws::telemetry::with_causes(&fault);
            tracing::warn!(cause, "could not see what is there already");
            Vec::new()
        })
    }

    async fn list(&self, caller: &Caller, cursor: Option<&Cursor>) -> Result {
        let person = self.person(caller).await?;
        let page = self.store.asked_by(&person, cursor).await?;
        json(200, &RequestList::of(&page))
    }

    /// A request somebody has nothing to do with looks like none, unless the rules
    /// let them look.
    async fn show(&self, caller: &Caller, id: &RequestId, situation: Situation) -> Result {
        let rules = self.rules.current().await?;
        let person = caller::person(&rules, caller)?;
        let may_see = |request: &domain::Request| rules.may_see(&person, request, situation);
        let found = self.store.history(id).await?;
        let (request, history) =
            found.filter(|(request, _)| may_see(request)).ok_or(service::Error::NotFound)?;
        let mails = self.store.deliveries(id).await?;
        json(200, &RequestView::of(&request).with_timeline(&history, &mails))
    }

    async fn cancel(&self, caller: &Caller, id: &RequestId, situation: Situation) -> Result {
        let (by, _) = self.concerned(caller, id, situation).await?;
        let request = execute(&self.store, id, Command::Cancel { by }, situation.at).await?;
        json(200, &RequestView::of(&request))
    }

    async fn decide(
        &self,
        caller: &Caller,
        id: &RequestId,
        decide: Decide,
        situation: Situation,
    ) -> Result {
        let (by, read) = self.concerned(caller, id, situation).await?;
        let reason = decide.reason()?;
        let shown = Shown { digest: decide.digest()?, version: decide.version };
        let verdict = decide.verdict;
        let reply = Reply { by, verdict, reason, shown, channel: Channel::Api, situation };
        let request = answer(&self.store, &self.rules, read, &reply).await?;
        json(200, &RequestView::of(&request))
    }

    async fn revoke(
        &self,
        caller: &Caller,
        id: &RequestId,
        reason: Reason,
        situation: Situation,
    ) -> Result {
        let (by, read) = self.concerned(caller, id, situation).await?;
        let revocation = Revocation { by, reason, channel: Channel::Api, situation };
        let request = revoke(&self.store, &self.rules, read.request, &revocation).await?;
        json(200, &RequestView::of(&request))
    }

    /// The rules in force are about the account that the API is in.
    async fn in_this_account(&self, request: &Request) -> std::result::Result<(), Problem> {
        let Some(here) = caller::account(request) else { return Ok(()) };
        let checked = self.rules.current().await?.directory().check_account(&here);
        checked.map_err(|denial| service::Error::Denied(vec![denial]).into())
    }

    async fn person(&self, caller: &Caller) -> std::result::Result<Person, Problem> {
        caller::person(&*self.rules.current().await?, caller)
    }

    /// The caller and the request, if they may see it.
    async fn concerned(
        &self,
        caller: &Caller,
        id: &RequestId,
        situation: Situation,
    ) -> std::result::Result<(Person, Snapshot), Problem> {
        let found = self.store.snapshot(id).await?;
        let rules = match &found {
            Some(found) => self.rules.rules_at(found.rules).await?,
            None => self.rules.current().await?,
        };
        let person = caller::person(&rules, caller)?;
        match found.filter(|found| rules.may_see(&person, &found.request, situation)) {
            Some(found) => Ok((person, found)),
            None => Err(service::Error::NotFound.into()),
        }
    }
}

impl NewRequest {
    /// Turns what was sent into what is asked, or names the field that is wrong.
    fn parse(&self) -> std::result::Result<Asking, Problem> {
        Ok(Asking {
            entitlement: field("entitlement", &self.entitlement)?,
            duration: field("duration", &self.duration)?,
            reason: field("reason", &self.reason)?,
            ticket: self.ticket.as_deref().map(|text| field("ticket", text)).transpose()?,
            starts_at: self.starts_at()?,
            extends: self.extends.as_deref().map(|text| field("extends", text)).transpose()?,
            urgency: self.urgency()?,
        })
    }
}

impl NewRequest {
    fn starts_at(&self) -> std::result::Result<Option<Timestamp>, Problem> {
        let start = self.starts_at.as_deref().map(|text| field::<Start>("starts_at", text));
        Ok(start.transpose()?.map(Start::at))
    }

    fn urgency(&self) -> std::result::Result<Urgency, Problem> {
        match (self.break_glass, self.confirm.as_deref()) {
            (false, None) => Ok(Urgency::Usual),
            (true, Some(confirmed)) if confirmed == self.entitlement => Ok(Urgency::BreakGlass),
            (true, _) => Err(Problem::unconfirmed(&self.entitlement)),
            (false, Some(_)) => Err(Problem::out_of_bounds(
                "confirm",
                "it goes with `break_glass` and nothing else",
            )),
        }
    }
}
