//! Who calls, and what they call their attempt.

use domain::Person;
use lambda_http::{Request, RequestExt, request::RequestContext};
use rules::{Denial, PrincipalArn, RuleSet};
use service::ports::IdempotencyKey;

use crate::problem::Problem;

/// The longest idempotency key, in characters.
const MAX_KEY: usize = 64;

/// The ARN the authoriser vouches for.
pub(crate) fn of(request: &Request) -> Result<PrincipalArn, Problem> {
    let vouched = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context
            .authorizer
            .as_ref()
            .and_then(|authorizer| authorizer.iam.as_ref())
            .and_then(|iam| iam.user_arn.clone()),
        _ => None,
    };
    let arn = vouched.ok_or_else(Problem::not_signed)?;
    arn.parse().map_err(|_| Problem::unmapped_caller(&arn))
}

/// The person the directory knows under this ARN.
pub(crate) fn person(rules: &RuleSet, caller: &PrincipalArn) -> Result<Person, Problem> {
    rules.person_with(caller).cloned().ok_or_else(|| {
        service::Error::Denied(vec![Denial::UnknownCaller { arn: caller.clone() }]).into()
    })
}

/// The `Idempotency-Key` header, if there is one.
pub(crate) fn idempotency_key(
    request: &Request,
    caller: &PrincipalArn,
) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(header) = request.headers().get("idempotency-key") else { return Ok(None) };
    match header.to_str() {
        Ok(key)
            if (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            Ok(Some(crate::key_of(caller, key, request.body())))
        }
        Ok(_) | Err(_) => {
            Err(Problem::out_of_bounds("Idempotency-Key", "1 to 64 visible ASCII characters"))
        }
    }
}
