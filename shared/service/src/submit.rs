//! A new request.

use domain::{
    request::{Entry, Outstanding, Request, Terms},
    value::{CallContext, RequestId},
};
use jiff::Timestamp;
use rules::{
    directory::Caller,
    judge::{RequestDraft, Ruling},
};

use crate::{
    Error, Fault,
    commands::ATTEMPTS,
    ports::{Created, IamRead, IdempotencyKey, Loaded, Rulebook, Store},
    preflight::{AuthenticatedUser, checked},
};

/// An ask as it comes in.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Who calls, by the authoriser's word.
    pub caller: Caller,
    /// The account that the API is in, if it says so.
    pub account: Option<String>,
    /// What they ask for.
    pub draft: RequestDraft,
    /// When, and from where.
    pub call: CallContext,
    /// Their name for this attempt.
    pub key: Option<IdempotencyKey>,
    /// Whose IAM user the authoriser says the caller is.
    pub authenticated: Option<AuthenticatedUser>,
    /// The id of the request, if it becomes one; drawn by the caller.
    pub id: RequestId,
}

/// Asks: judged by the rules in force, recorded with its first entry. The flag
/// says whether the request is new, or the repeat of an earlier call.
pub async fn submit(
    store: &impl Store,
    rulebook: &impl Rulebook,
    iam: &impl IamRead,
    submission: Submission,
) -> Result<(Request, bool), Error> {
    let now = submission.call.at;
    let opened = match judged(rulebook, &submission).await?.terms().map_err(Error::Denied) {
        Ok(terms) => opened(store, iam, terms, &submission).await,
        Err(denied) => Err(denied),
    };
    let key = submission.key.as_ref();
    let (request, entries, mut outstanding) = match opened {
        Ok(opened) => opened,
        Err(refused) => {
            // Law 15: a repeat is the same request, also if it could not be asked any more.
            return match earlier(store, key, now).await? {
                Some(request) => Ok((request, false)),
                None => Err(refused),
            };
        }
    };
    for _ in 0..ATTEMPTS {
        match store.create(&request, &entries, key, &outstanding).await? {
            Created::New => return Ok((request, true)),
            Created::KeyReused => return Err(Error::KeyReused),
            Created::Repeat(earlier) => return Ok((load(store, &earlier).await?, false)),
            Created::Overtaken => {
                outstanding = bounded(store, request.terms(), request.id(), now).await?;
            }
        }
    }
    Err(Error::Contended)
}

/// Says what would come of an ask, and records nothing. It goes the same way, so that it
/// promises nothing that the ask itself would refuse.
pub async fn preview(
    store: &impl Store,
    rulebook: &impl Rulebook,
    iam: &impl IamRead,
    submission: &Submission,
) -> Result<Ruling, Error> {
    let verdict = judged(rulebook, submission).await?;
    if let Ok(terms) = verdict.clone().terms() {
        opened(store, iam, terms, submission).await?;
    }
    Ok(verdict)
}

async fn judged(rulebook: &impl Rulebook, submission: &Submission) -> Result<Ruling, Fault> {
    let Submission { caller, account, draft, call, .. } = submission;
    let rules = rulebook.current().await?;
    let account = account.as_deref().map(|here| rules.directory().check_account(here));
    Ok(match account {
        Some(Err(denial)) => Ruling::Deny(vec![denial]),
        Some(Ok(())) | None => rules.judge(caller, draft, *call),
    })
}

/// The request that an ask becomes, with its first entries, and how much its requester has
/// under way with it; nothing is recorded yet. The bound comes before any look at IAM.
async fn opened(
    store: &impl Store,
    iam: &impl IamRead,
    terms: Terms,
    submission: &Submission,
) -> Result<(Request, Vec<Entry>, Outstanding), Error> {
    let (id, now) = (&submission.id, submission.call.at);
    let outstanding = bounded(store, &terms, id, now).await?;
    check_extension(store, &terms).await?;
    let terms = checked(iam, terms, submission.authenticated.as_ref()).await?;
    let (request, entries) = Request::open(id, terms, now)?;
    Ok((request, entries, outstanding))
}

/// What the requester has under way, with this ask. Which of it is over by now is looked up
/// only where it counts.
async fn bounded(
    store: &impl Store,
    terms: &Terms,
    id: &RequestId,
    now: Timestamp,
) -> Result<Outstanding, Error> {
    let known = store.outstanding(&terms.requester).await?;
    if let Ok(outstanding) = known.clone().with(id, terms, now) {
        return Ok(outstanding);
    }
    let Loaded { requests, unread } = store.load_all(&known.ids()).await?;
    // A bar takes room on a role until it is lifted.
    let under_way = requests.iter().filter(|request| {
        !request.status().is_terminal() || request.state().barred_until().is_some()
    });
    let under_way = under_way.map(|request| request.id().clone()).chain(unread).collect();
    Ok(known.of_those(&under_way).with(id, terms, now)?)
}

/// Whether an ask may go on from what it says it does. Somebody else's looks like none.
async fn check_extension(store: &impl Store, terms: &Terms) -> Result<(), Error> {
    let Some(extended) = &terms.extends else { return Ok(()) };
    let found = store.load(extended).await?;
    let own = found.filter(|request| request.terms().requester == terms.requester);
    Ok(own.ok_or(Error::NotFound)?.check_extension(terms)?)
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
        Some(Created::New | Created::Overtaken) | None => Ok(None),
    }
}

async fn load(store: &impl Store, id: &RequestId) -> Result<Request, Error> {
    let found = store.load(id).await?;
    found.ok_or_else(|| Fault::new("an earlier request is gone", id.to_string()).into())
}
