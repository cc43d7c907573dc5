//! The caller of a route, the context of the call, and its idempotency key.

use domain::{
    grant::Principal,
    value::{CallContext, Person},
};
use jiff::Timestamp;
use lambda_http::{Request, RequestExt, request::RequestContext};
use rules::{
    directory::{Caller, SignedCaller, Token},
    source::RuleSet,
};
use service::{AuthenticatedUser, ports::IdempotencyKey};

use crate::problem::Problem;

/// The longest idempotency key, in characters.
const MAX_KEY: usize = 64;

/// The caller that the authoriser vouches for: an ARN for a signed call, claims for a call with a
/// token.
pub fn of(request: &Request) -> Result<Caller, Problem> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
        return Err(Problem::unauthenticated());
    };
    let authorizer = context.authorizer.as_ref().ok_or_else(Problem::unauthenticated)?;
    if let Some(jwt) = &authorizer.jwt {
        let claims = jwt.claims.iter().map(|(name, value)| (name.clone(), value.clone()));
        return Token::from_claims(claims.collect())
            .map(Caller::Token)
            .ok_or_else(Problem::unauthenticated);
    }
    let iam = authorizer.iam.as_ref().ok_or_else(Problem::unauthenticated)?;
    let arn = iam.user_arn.clone().ok_or_else(Problem::unauthenticated)?;
    let signed = |arn| Caller::Aws(SignedCaller::new(arn, iam.user_id.as_deref()));
    arn.parse().map(signed).map_err(|_| Problem::unmapped_caller(&arn))
}

/// The account of the API, if the event names it.
pub fn account(request: &Request) -> Option<String> {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.account_id.clone(),
        _ => None,
    }
}

/// The IAM user that signed the call, with its unique id. None for every other caller.
pub fn authenticated(caller: &Caller) -> Option<AuthenticatedUser> {
    match caller {
        Caller::Aws(signed) => {
            Some((Principal::User(signed.arn().user()?), signed.unique_id()?.clone()))
        }
        Caller::Token(_) => None,
    }
}

/// The context of the call: its time, its address, and whether there was a second factor.
pub fn call(request: &Request, caller: &Caller, at: Timestamp) -> CallContext {
    let address = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        _ => None,
    };
    let source_ip = address.map(rules::directory::address);
    // The authoriser does not report a second factor for a signed call.
    let mfa = matches!(caller, Caller::Token(token) if token.mfa());
    CallContext { at, source_ip, mfa }
}

/// The person to whom the directory maps this caller. An unknown caller is denied.
pub fn person(rules: &RuleSet, caller: &Caller) -> Result<Person, Problem> {
    let known = rules.directory().identify(caller).map(|requester| requester.person);
    known.map_err(|denial| service::Error::Denied(vec![denial]).into())
}

/// The `Idempotency-Key` header, if there is one: 1 to 64 visible ASCII characters.
pub fn idempotency_key(
    request: &Request,
    caller: &Caller,
) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(header) = request.headers().get("idempotency-key") else { return Ok(None) };
    match header.to_str() {
        Ok(key)
            if (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            Ok(Some(key_of(caller, key, request.body())))
        }
        Ok(_) | Err(_) => {
            Err(Problem::out_of_bounds("Idempotency-Key", "1 to 64 visible ASCII characters"))
        }
    }
}

/// The key of an attempt. Equal texts of two callers are different keys.
fn key_of(caller: &Caller, key: &str, body: &[u8]) -> IdempotencyKey {
    IdempotencyKey {
        caller: caller.clone(),
        key: key.to_owned(),
        body: domain::value::Digest::of_bytes("portcullis/idempotency/v1", &[body]),
    }
}
