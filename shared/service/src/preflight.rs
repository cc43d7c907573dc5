//! Checks in IAM when a request is made: its principal exists, and has room for the grant. The
//! requester hears of a problem at once, and not when the access should open.

use domain::{
    grant::{Principal, UniqueId},
    request::{Refusal, Terms},
};

use crate::{
    Error,
    grants::{Room, preflight},
    ports::IamRead,
};

/// The caller's IAM user, as the authoriser names it: name and unique id.
pub type AuthenticatedUser = (Principal, UniqueId);

/// The terms with the unique id of their principal pinned. Refused if the principal does not
/// exist, if IAM writes its name differently, or if it has no room for the grant.
pub(crate) async fn checked(
    iam: &impl IamRead,
    mut terms: Terms,
    authenticated: Option<&AuthenticatedUser>,
) -> Result<Terms, Error> {
    let Some(principal) = terms.grant.principal() else { return Ok(terms) };
    let missing = || Refusal::NoPrincipal { principal: principal.clone() };
    let authenticated = authenticated.filter(|(authenticated, _)| authenticated == principal);
    let unique_id = if let Some((_, unique_id)) = authenticated {
        unique_id.clone()
    } else {
        let found = iam.identify(principal).await?.ok_or_else(missing)?;
        if found.principal != *principal {
            let (given, own) = (principal.clone(), found.principal);
            return Err(Refusal::NameDiffers { given, own }.into());
        }
        found.unique_id
    };
    match preflight(iam, &terms.grant).await? {
        Room::Enough => {}
        Room::TooLittle => {
            return Err(Refusal::QuotaExceeded { principal: principal.clone() }.into());
        }
        Room::NoPrincipal => return Err(missing().into()),
    }
    terms.unique_id = Some(unique_id);
    Ok(terms)
}
