//! Whether IAM has room for what is asked, and whom it would be given to: looked at
//! when somebody asks, so that they hear it then and not when it was to open.

use domain::{Ask, Grant, PolicyDocument, Principal, Refusal, UniqueId};

use crate::{Error, ports::IamSight};

/// What IAM takes of one user or role.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST_ATTACHED: usize = 10;
const MOST_ON_A_USER: usize = 2_048;
const MOST_ON_A_ROLE: usize = 10_240;

/// Whom the authoriser vouches for: an IAM user, by name and unique id.
pub type Vouched = (Principal, UniqueId);

/// The ask, with the unique id of whoever gets it; or why they cannot.
///
/// Sessions need no room. They live for an hour at most, which every role allows and
/// which is all that AWS gives to a role that assumes another; a longer window takes
/// several. How long their policies are was checked with the rules.
pub(crate) async fn admit(
    sight: &impl IamSight,
    mut ask: Ask,
    vouched: Option<&Vouched>,
) -> Result<Ask, Error> {
    let Some(principal) = ask.grant.principal() else { return Ok(ask) };
    let missing = || Refusal::NoPrincipal { principal: principal.clone() };
    let vouched = vouched.filter(|(vouched, _)| vouched == principal);
    let unique_id = if let Some((_, unique_id)) = vouched {
        unique_id.clone()
    } else {
        let found = sight.identify(principal).await?.ok_or_else(missing)?;
        if found.principal != *principal {
            let (given, own) = (principal.clone(), found.principal);
            return Err(Refusal::OtherName { given, own }.into());
        }
        found.unique_id
    };
    let fits = match &ask.grant {
        Grant::InlinePolicy { on, policy } => {
            let size = sight.inline_size(on).await?.ok_or_else(missing)?;
            fits_beside(size, on, policy)
        }
        Grant::ManagedPolicy { on, policy } => {
            let attached = sight.attached(on).await?.ok_or_else(missing)?;
            attached.contains(policy) || attached.len() < MOST_ATTACHED
        }
        Grant::Session { .. } => true,
    };
    if !fits {
        return Err(Refusal::NoRoom { principal: principal.clone() }.into());
    }
    ask.unique_id = Some(unique_id);
    Ok(ask)
}

fn fits_beside(size: usize, on: &Principal, policy: &PolicyDocument) -> bool {
    let most = match on {
        Principal::User(_) => MOST_ON_A_USER,
        Principal::Role(_) => MOST_ON_A_ROLE,
    };
    size + policy.size_with_fence() <= most
}
