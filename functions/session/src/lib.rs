//! `session`: credentials of a role, for whoever asked, while their request is open.
//!
//! Who calls is who the authoriser says. That credentials are given out is on record
//! before STS is asked; they are answered, and neither stored nor logged. This function
//! holds no power over IAM, and may assume the roles its deployment names.

use api::{
    caller,
    http::{self, Nothing, json},
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

/// What `session` works with.
pub struct Sessions<S, M, R, I> {
    /// Where requests are.
    pub store: S,
    /// STS.
    pub minter: M,
    /// Where the rules are.
    pub rules: R,
    /// Roles that are known to be of Identity Center.
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
        Nothing::said_in(request)?;
        let caller = self.identity_center.look_at(caller::of(request)?).await?;
        let call = caller::call(request, &caller, now);
        let rules = self.rules.current().await?;
        let person = caller::person(&rules, &caller)?;
        let order = MintOrder { by: &person, call };
        let given = mint(&self.store, &self.minter, &rules, id, &order).await?;
        tracing::info!(request.id = %id, "credentials for {id} were given out");
        json(201, &CredentialsDocument::from(given))
    }
}
