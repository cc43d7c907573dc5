//! A new request.

use domain::{Request, RequestId};
use jiff::Timestamp;
use rules::{Asking, PrincipalArn, Verdict};

use crate::{
    Error, Fault,
    ports::{Created, IdempotencyKey, Rulebook, Store},
};

/// An ask as it comes in.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Who calls, by the authoriser's word.
    pub caller: PrincipalArn,
    /// What they ask for.
    pub asking: Asking,
    /// Their name for this attempt.
    pub key: Option<IdempotencyKey>,
    /// The id of the request, if it becomes one; drawn by the caller.
    pub id: RequestId,
}

/// Asks: judged by the rules in force, recorded with its first entry. The flag
/// says whether the request is new, or the repeat of an earlier call.
pub async fn ask(
    store: &impl Store,
    rulebook: &impl Rulebook,
    submission: Submission,
    now: Timestamp,
) -> Result<(Request, bool), Error> {
    let Submission { caller, asking, key, id } = submission;
    let pinned = match rulebook.current().await?.judge(&caller, asking, now) {
        Verdict::NeedsApproval(ask) => *ask,
        Verdict::Deny(reasons) => {
            // Law 15: a repeat is the same request, also if it could not be asked any more.
            return match earlier(store, key.as_ref(), now).await? {
                Some(request) => Ok((request, false)),
                None => Err(Error::Denied(reasons)),
            };
        }
    };
    let (request, entry) = Request::open(&id, pinned, now)?;
    match store.create(&request, &entry, key.as_ref()).await? {
        Created::New => Ok((request, true)),
        Created::KeyReused => Err(Error::KeyReused),
        Created::Repeat(earlier) => Ok((load(store, &earlier).await?, false)),
    }
}

async fn earlier(
    store: &impl Store,
    key: Option<&IdempotencyKey>,
    now: Timestamp,
) -> Result<Option<Request>, Error> {
    let Some(key) = key else { return Ok(None) };
    match store.earlier_use(key, now).await? {
        Some(Created::Repeat(id)) => Ok(Some(load(store, &id).await?)),
        Some(Created::KeyReused) => Err(Error::KeyReused),
        Some(Created::New) | None => Ok(None),
    }
}

async fn load(store: &impl Store, id: &RequestId) -> Result<Request, Error> {
    let found = store.load(id).await?;
    found.ok_or_else(|| Fault::new("an earlier request is gone", id.to_string()).into())
}
