//! `publish`: puts rules into force, for callers whom the rules in force or the deployment let
//! publish.
//!
//! AWS authenticates the caller: this route takes signed calls only. No other function, and no
//! person, needs permission to write the rows of the rules.

use api::{
    caller,
    http::{self, json},
    identity_center::IdentityCenter,
    problem::{Problem, Result},
};
use jiff::Timestamp;
use lambda_http::{Body, Error, Request, RequestExt, Response, http::Method};
use rules::judge::Publishers;
use service::{
    NewRules, Publishing,
    ports::{PolicyTexts, Publications, RoleLookup},
};
use wire::{PublishingDocument, RuleFiles};

/// The largest set of rules, in bytes. Lambda takes no larger call than 6 MB.
const MAX_BODY: usize = 5 * 1024 * 1024;

/// The handler of `publish`, with the ports that it uses.
pub struct Publish<P, T, I> {
    /// The published rules, and their history.
    pub publications: P,
    /// The policies in IAM.
    pub texts: T,
    /// The callers that the deployment lets publish, whatever the rules say.
    pub publishers: Publishers,
    /// The lookup of roles of Identity Center.
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
        let caller = self.identity_center.verify(caller::of(request)?).await?;
        let call = caller::call(request, &caller, now);
        let account = caller::account(request);
        let RuleFiles { files: sources } = http::body_within(MAX_BODY, request)?;
        let new = NewRules { sources, caller, account, call };
        let (outcome, looks) =
            service::publish(&self.publications, &self.texts, &self.publishers, &new).await?;
        let digest = new.sources.digest();
        match outcome {
            Publishing::InForce(entry) => {
                tracing::info!(rules = %digest, seq = entry.seq, "rules {digest} are in force");
                let (changes, proposed_by) = (entry.event.changes, entry.event.proposed_by);
                let document = PublishingDocument::InForce { digest, changes, proposed_by, looks };
                json(201, &document)
            }
            Publishing::Proposed(proposal) => {
                tracing::info!(rules = %digest, "rules {digest} wait for a second publisher");
                let proposed_by = proposal.by;
                json(202, &PublishingDocument::Proposed { digest, proposed_by, looks })
            }
            Publishing::Unchanged => json(200, &PublishingDocument::Unchanged { digest, looks }),
        }
    }
}
