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
        Verdict::Deny(reasons) => return Err(Error::Denied(reasons)),
    };
    let (request, entry) = Request::open(&id, pinned, now)?;
    match store.create(&request, &entry, key.as_ref()).await? {
        Created::New => Ok((request, true)),
        Created::KeyReused => Err(Error::KeyReused),
        Created::Repeat(earlier) => match store.load(&earlier).await? {
            Some(request) => Ok((request, false)),
            None => Err(Fault::new("an earlier request is gone", earlier.to_string()).into()),
        },
    }
}
