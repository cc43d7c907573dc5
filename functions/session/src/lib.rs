//! `session`: credentials of a role, for the requester, while the request is open.
//!
//! The caller comes from the authoriser. Before STS is called, an entry on record says that
//! credentials are given out. The credentials are in the answer, and are neither stored nor logged.
//! This function cannot change IAM, and may assume only the roles that its deployment names.

use api::{
    caller,
    http::{self, json},
    identity_center::IdentityCenter,
    problem::{Problem, Result},
};
use domain::value::RequestId;
use jiff::Timestamp;
use lambda_http::{Body, Error, Request, RequestExt, Response, http::Method};
use service::{
    MintOrder, mint,
    ports::{Minter, RoleLookup, Rulebook, Store},
};
use wire::CredentialsDocument;

/// The handler of `session`, with the ports that it uses.
pub struct Sessions<S, M, R, I> {
    /// The store of requests.
    pub store: S,
    /// STS.
    pub minter: M,
    /// The published rules.
    pub rules: R,
    /// The lookup of roles of Identity Center.
    pub identity_center: IdentityCenter<I>,
}

impl<S: Store, M: Minter, R: Rulebook, I: RoleLookup> Sessions<S, M, R, I> {
    /// Answers one call. Refusals and faults become problem documents here, in one place.
    pub async fn handle(
        &self,
        request: &Request,
        now: Timestamp,
    ) -> std::result::Result<Response<Body>, Error> {
        self.route(request, now).await.or_else(Problem::into_response)
    }

    async fn route(&self, request: &Request, now: Timestamp) -> Result {
        let path: Vec<_> = request.raw_http_path().split('/').skip(1).collect();
        match (request.method(), path.as_slice()) {
            (&Method::POST, ["requests", id, "credentials"]) => {
                self.credentials(request, &http::id(id)?, now).await
            }
            _ => Err(Problem::no_such_route()),
        }
    }

    async fn credentials(&self, request: &Request, id: &RequestId, now: Timestamp) -> Result {
        http::no_body(request)?;
        let caller = self.identity_center.verify(caller::of(request)?).await?;
        let call = caller::call(request, &caller, now);
        let rules = self.rules.current().await?;
        let person = caller::person(&rules, &caller)?;
        let order = MintOrder { by: &person, call };
        let given = mint(&self.store, &self.minter, &rules, id, &order).await?;
        tracing::info!(request.id = %id, "credentials for {id} were given out");
        json(201, &CredentialsDocument::from(given))
    }
}
