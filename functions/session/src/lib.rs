//! `session`: credentials of a role, for whoever asked, while their request is open.
//!
//! Who calls is who the authoriser says. That credentials are given out is on record
//! before STS is asked; they are answered, and neither stored nor logged. This function
//! holds no power over IAM, and may assume the roles its deployment names.

use api::{
    caller,
    identity_center::IdentityCenter,
    problem::{Problem, Result},
    wire::{self, Nothing, json},
};
use domain::RequestId;
use jiff::Timestamp;
use lambda_http::{Body, Error, Request, RequestExt, Response, http::Method};
use serde_json::json;
use service::{
    mint,
    ports::{Minter, RoleLookup, Rulebook, Store},
};

/// STS, the rules, and the roles that are known to be of Identity Center.
type Means<'a, M, B, R> = (&'a M, &'a B, &'a IdentityCenter<R>);

/// Answers one call. Refusals and faults become problem documents here, in one place.
pub async fn handle(
    store: &impl Store,
    (minter, rulebook, identity_center): Means<'_, impl Minter, impl Rulebook, impl RoleLookup>,
    request: &Request,
    now: Timestamp,
) -> std::result::Result<Response<Body>, Error> {
    let path: Vec<_> = request.raw_http_path().split('/').skip(1).collect();
    let answer = match (request.method(), path.as_slice()) {
        (&Method::POST, ["requests", id, "credentials"]) => match wire::id(id) {
            Ok(id) => {
                let means = (minter, rulebook, identity_center);
                credentials(store, means, (request, &id), now).await
            }
            Err(problem) => Err(problem),
        },
        _ => Err(Problem::no_such_route()),
    };
    answer.or_else(Problem::into_response)
}

async fn credentials(
    store: &impl Store,
    (minter, rulebook, identity_center): Means<'_, impl Minter, impl Rulebook, impl RoleLookup>,
    (request, id): (&Request, &RequestId),
    now: Timestamp,
) -> Result {
    Nothing::said_in(request)?;
    let caller = identity_center.look_at(caller::of(request)?).await?;
    let situation = caller::situation(request, &caller, now);
    let rules = rulebook.current().await?;
    let person = caller::person(&rules, &caller)?;
    let given = mint(store, (minter, &rules), id, (&person, situation)).await?;
    tracing::info!(request.id = %id, "credentials for {id} were given out");
    let credentials = json!({
        "access_key_id": given.access_key_id,
        "secret_access_key": given.secret_access_key,
        "session_token": given.session_token,
        "expires_at": given.expires_at,
    });
    json(201, &credentials)
}
