//! `publish`: puts rules into force, for whom the rules in force or the deployment let.
//!
//! Who calls is who AWS says: this route takes signed calls only. No other function, and
//! nobody else, has to write where the rules are.

use api::{
    caller,
    identity_center::IdentityCenter,
    problem::{Problem, Result},
    wire::{self, json},
};
use jiff::Timestamp;
use lambda_http::{Body, Error, Request, RequestExt, Response, http::Method};
use rules::{judge::Publishers, source::Sources};
use serde::Deserialize;
use serde_json::json;
use service::{
    NewRules, Publishing,
    ports::{PolicyTexts, Publications, RoleLookup},
};

/// The largest set of rules, in bytes. Lambda takes no larger call than 6 MB.
const MAX_BODY: usize = 5 * 1024 * 1024;

/// The body of `POST /rules`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSet {
    /// The files, by name.
    files: Sources,
}

/// What `publish` works with.
pub struct Publish<P, T, I> {
    /// Where the published rules are.
    pub publications: P,
    /// The policies in IAM.
    pub texts: T,
    /// The callers that the deployment lets publish, whatever the rules say.
    pub publishers: Publishers,
    /// Roles that are known to be of Identity Center.
    pub identity_center: IdentityCenter<I>,
}

impl<P: Publications, T: PolicyTexts, I: RoleLookup> Publish<P, T, I> {
    /// Answers one call. Refusals and faults become problem documents here, in one place.
    pub async fn handle(
        &self,
        request: &Request,
        now: Timestamp,
    ) -> std::result::Result<Response<Body>, Error> {
        let answer = match (request.method(), request.raw_http_path()) {
            (&Method::POST, "/rules") => self.publish(request, now).await,
            _ => Err(Problem::no_such_route()),
        };
        answer.or_else(Problem::into_response)
    }

    async fn publish(&self, request: &Request, now: Timestamp) -> Result {
        let caller = self.identity_center.look_at(caller::of(request)?).await?;
        let call = caller::call(request, &caller, now);
        let account = caller::account(request);
        let NewSet { files: sources } = wire::body_within(MAX_BODY, request)?;
        let new = NewRules { sources, caller, account, call };
        let (outcome, looks) =
            service::publish(&self.publications, &self.texts, &self.publishers, &new).await?;
        let rules = new.sources.digest();
        match outcome {
            Publishing::InForce(entry) => {
                tracing::info!(%rules, seq = entry.seq, "rules {rules} are in force");
                let changes = &entry.event.changes;
                let said = json!({
                    "status": "in_force",
                    "digest": rules,
                    "changes": changes,
                    "proposed_by": entry.event.proposed_by,
                    "looks": looks,
                });
                json(201, &said)
            }
            Publishing::Proposed(proposal) => {
                tracing::info!(%rules, "rules {rules} wait for a second publisher");
                let said = json!({
                    "status": "proposed",
                    "digest": rules,
                    "proposed_by": proposal.by,
                    "looks": looks,
                });
                json(202, &said)
            }
            Publishing::Unchanged => {
                json(200, &json!({ "status": "unchanged", "digest": rules, "looks": looks }))
            }
        }
    }
}
