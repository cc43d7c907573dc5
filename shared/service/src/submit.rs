//! Submission of new requests.

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
    ports::{Created, EarlierUse, IamRead, IdempotencyKey, Loaded, Rulebook, Store},
    preflight::{AuthenticatedUser, checked},
};

/// A draft as a caller submits it.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The caller, as the authoriser names them.
    pub caller: Caller,
    /// The account that the API is in, if it says so.
    pub account: Option<String>,
    /// The draft.
    pub draft: RequestDraft,
    /// The context of the call.
    pub call: CallContext,
    /// The caller's name for this attempt.
    pub key: Option<IdempotencyKey>,
    /// The caller's IAM user, as the authoriser names it.
    pub authenticated: Option<AuthenticatedUser>,
    /// The id of the request if the draft becomes one, drawn at random beforehand.
    pub id: RequestId,
}

/// Submits a draft: the rules in force judge it, and the request is recorded with its first
/// entries. The flag is true for a new request, and false for the repeat of an earlier call.
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
            // Law 15: a repeat returns the same request, even if it would be refused by now.
            return match earlier(store, key, now).await? {
                Some(request) => Ok((request, false)),
                None => Err(refused),
            };
        }
    };
    for _ in 0..ATTEMPTS {
        match store.create(&request, &entries, key, &outstanding).await? {
            Created::New => return Ok((request, true)),
            Created::Earlier(earlier) => return Ok((repeated(store, earlier).await?, false)),
            Created::Overtaken => {
                outstanding = bounded(store, request.terms(), request.id(), now).await?;
            }
        }
    }
    Err(Error::Contended)
}

/// Returns the ruling on a draft, and records nothing. It takes the same path as [`submit()`], so
/// it promises nothing that `submit` would refuse.
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

/// The request with these terms, its first entries, and the outstanding requests of its requester
/// including it. Nothing is recorded yet. The bound on outstanding requests is checked before
/// anything is read from IAM.
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

/// The outstanding requests of the requester, including this one. Requests that are over by now
/// are looked up only if the bound would refuse this one.
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

/// Checks that the request may extend the one that it names. A request of another person looks
/// like one that does not exist.
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
        Some(earlier) => repeated(store, earlier).await.map(Some),
        None => Ok(None),
    }
}

/// The request of an earlier call with the same key and body.
async fn repeated(store: &impl Store, earlier: EarlierUse) -> Result<Request, Error> {
    let EarlierUse::Repeat(id) = earlier else { return Err(Error::KeyReused) };
    let found = store.load(&id).await?;
    found.ok_or_else(|| Fault::new("read request", "it was recorded, and is gone").on(&id).into())
}
