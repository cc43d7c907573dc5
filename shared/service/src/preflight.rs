//! Whether IAM has room for what is asked, and whom it would be given to: looked at
//! when somebody asks, so that they hear it then and not when it was to open.

use domain::{Ask, Grant, Principal, Refusal, UniqueId};

use crate::{
    Error, Fault,
    ports::{Holdings, IamSight, Quotas},
};

/// Whom the authoriser vouches for: an IAM user, by name and unique id.
pub type Vouched = (Principal, UniqueId);

/// The ask, with the unique id of whoever gets it; or why they cannot.
///
/// Sessions need no room. They live for an hour at most, which every role allows and
/// which is all that AWS gives to a role that assumes another; a longer window takes
/// several. How long their policies are was checked with the rules.
pub(crate) async fn checked(
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
    if !fits(sight, &ask.grant).await?.ok_or_else(missing)? {
        return Err(Refusal::QuotaExceeded { principal: principal.clone() }.into());
    }
    ask.unique_id = Some(unique_id);
    Ok(ask)
}

/// Whether IAM takes one more of this kind; none if there is nobody to give it to.
///
/// What an account has by default is taken for granted; where that is not enough, the
/// account is asked what it has: some quotas can be raised.
async fn fits(sight: &impl IamSight, grant: &Grant) -> Result<Option<bool>, Fault> {
    let (on, used, wanted, quota): (_, _, _, fn(&Quotas, &Principal) -> usize) = match grant {
        Grant::InlinePolicy { on, policy } => {
            let Some(size) = sight.inline_size(on).await? else { return Ok(None) };
            (on, size, policy.size_with_fence(on, &sight.guard()), Quotas::inline_size)
        }
        Grant::ManagedPolicy { on, policy } => {
            let Some(attached) = sight.attached(on).await? else { return Ok(None) };
            (on, attached.len(), usize::from(!attached.contains(policy)), Quotas::attached)
        }
        Grant::Session { .. } => return Ok(Some(true)),
    };
    let takes = |quotas: &Quotas| used + wanted <= quota(quotas, on);
    Ok(Some(takes(&Quotas::default()) || takes(&sight.quotas().await?)))
}

/// Notes for somebody who asks, none of which is a reason to refuse it.
///
/// A managed policy that is attached already, and not by us, was there before: they have
/// it without asking, and it stays when the grant ends (law 7).
pub async fn notes(
    holdings: &impl Holdings,
    sight: &impl IamSight,
    ask: &Ask,
) -> Result<Vec<String>, Fault> {
    let Grant::ManagedPolicy { on, policy } = &ask.grant else { return Ok(Vec::new()) };
    let attached = sight.attached(on).await?.is_some_and(|attached| attached.contains(policy));
    if !attached || holdings.holding(on, policy).await?.is_some_and(|holding| holding.is_ours()) {
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "{on} has {policy} already, and not by way of Portcullis: it is there without asking, and \
         stays when this ends"
    )])
}
