//! A new request.

use domain::{Ask, Request, RequestId, Situation};
use rules::{Asking, Caller, Verdict};

use crate::{
    Error, Fault,
    ports::{Created, IamSight, IdempotencyKey, Rulebook, Store},
    room::{Vouched, admit},
};

/// An ask as it comes in.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Who calls, by the authoriser's word.
    pub caller: Caller,
    /// What they ask for.
    pub asking: Asking,
    /// When, and from where.
    pub situation: Situation,
    /// Their name for this attempt.
    pub key: Option<IdempotencyKey>,
    /// Whose IAM user the authoriser says the caller is.
    pub vouched: Option<Vouched>,
    /// The id of the request, if it becomes one; drawn by the caller.
    pub id: RequestId,
}

/// Asks: judged by the rules in force, recorded with its first entry. The flag
/// says whether the request is new, or the repeat of an earlier call.
pub async fn ask(
    store: &impl Store,
    (rulebook, sight): (&impl Rulebook, &impl IamSight),
    submission: Submission,
) -> Result<(Request, bool), Error> {
    let Submission { caller, asking, situation, key, vouched, id } = submission;
    let now = situation.at;
    let judged = rulebook.current().await?.judge(&caller, &asking, situation).ask();
    let pinned = match judged.map_err(Error::Denied) {
        Ok(ask) => match check_extension(store, &ask).await {
            Ok(()) => admit(sight, ask, vouched.as_ref()).await,
            Err(refused) => Err(refused),
        },
        Err(denied) => Err(denied),
    };
    let pinned = match pinned {
        Ok(ask) => ask,
        Err(refused) => {
            // Law 15: a repeat is the same request, also if it could not be asked any more.
            return match earlier(store, key.as_ref(), now).await? {
                Some(request) => Ok((request, false)),
                None => Err(refused),
            };
        }
    };
    let (request, entries) = Request::open(&id, pinned, now)?;
    match store.create(&request, &entries, key.as_ref()).await? {
        Created::New => Ok((request, true)),
        Created::KeyReused => Err(Error::KeyReused),
        Created::Repeat(earlier) => Ok((load(store, &earlier).await?, false)),
    }
}

/// Whether an ask may go on from what it says it does. Somebody else's looks like none.
async fn check_extension(store: &impl Store, ask: &Ask) -> Result<(), Error> {
    let Some(extended) = &ask.extends else { return Ok(()) };
    let found = store.load(extended).await?;
    let own = found.filter(|request| request.ask().requester == ask.requester);
    Ok(own.ok_or(Error::NotFound)?.check_extension(ask)?)
}

/// Says what would come of an ask, and records nothing.
pub async fn preview(rulebook: &impl Rulebook, submission: &Submission) -> Result<Verdict, Fault> {
    let Submission { caller, asking, situation, .. } = submission;
    Ok(rulebook.current().await?.judge(caller, asking, *situation))
}

async fn earlier(
    store: &impl Store,
    key: Option<&IdempotencyKey>,
    now: jiff::Timestamp,
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
