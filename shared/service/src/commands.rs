//! Commands of people, carried out as far as the record.

use std::sync::Arc;

use domain::{
    request::{Channel, Command, Refusal, Request, Shown, Statement, Verdict},
    value::{Basis, CallContext, Person, Reason, RequestId},
};
use jiff::Timestamp;
use rules::source::RuleSet;

use crate::{
    Error,
    ports::{Committed, Rulebook, Snapshot, Store},
};

/// Attempts at a commit that loses its race. A request has few writers: a caller that loses this
/// often is asked to try again later.
pub(crate) const ATTEMPTS: usize = 8;

/// The request, if the rules let this person see it. A request that they may not see looks
/// like one that does not exist.
pub fn visible<'r>(
    rules: &RuleSet,
    person: &Person,
    request: &'r Request,
    call: CallContext,
) -> Result<&'r Request, Error> {
    if rules.may_see(person, request, call) { Ok(request) } else { Err(Error::NotFound) }
}

/// Carries out a command as far as the record: load, decide, commit.
pub async fn execute(
    store: &impl Store,
    id: &RequestId,
    command: Command,
    now: Timestamp,
) -> Result<Request, Error> {
    execute_from(store, load(store, id).await?, command, now).await
}

/// Like [`execute`], beginning with the request as it was read.
pub(crate) async fn execute_from(
    store: &impl Store,
    read: Request,
    command: Command,
    now: Timestamp,
) -> Result<Request, Error> {
    let (id, mut read) = (read.id().clone(), Some(read));
    for _ in 0..ATTEMPTS {
        let request = once_more(store, &id, read.take()).await?;
        if let Some(after) = commit(store, request, command.clone(), now).await? {
            return Ok(after);
        }
    }
    Err(Error::Contended)
}

/// A statement before the rules judged it: of an approver, or of a person who ends access early.
#[derive(Debug, Clone)]
pub struct StatementDraft {
    /// The person who makes it.
    pub by: Person,
    /// Their reason.
    pub reason: Reason,
    /// The channel it came by.
    pub channel: Channel,
    /// The context of the call that carried it.
    pub call: CallContext,
}

/// An approver's decision before the rules judged it.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Yes or no.
    pub verdict: Verdict,
    /// The digest of the grant and the version of the request that the approver saw.
    pub shown: Shown,
    /// The approver, the reason, and the channel.
    pub statement: StatementDraft,
}

/// Carries out an approver's decision, if the rules in force permit it.
///
/// It begins with the request and the rules as the caller read them. The commit is conditional on
/// the version of the request, so an old copy costs another attempt and nothing else. Each
/// attempt asks the rules again. Rules that are published between that question and the commit,
/// some milliseconds later, count as published after the commit.
pub async fn answer(
    store: &impl Store,
    rulebook: &impl Rulebook,
    read: Snapshot,
    reply: &Reply,
) -> Result<Request, Error> {
    let StatementDraft { by, call, reason, .. } = &reply.statement;
    let now = call.at;
    let (id, mut read) = (read.request.id().clone(), Some(read));
    for _ in 0..ATTEMPTS {
        let Snapshot { request, rules } = match read.take() {
            Some(read) => read,
            None => store.snapshot(&id).await?.ok_or(Error::NotFound)?,
        };
        let rules: Arc<RuleSet> = rulebook.rules_at(rules).await?;
        let permitted = rules.may_decide(by, &request, *call);
        let basis = match &permitted {
            Ok(basis) => basis.clone(),
            Err(_) => rules.basis_without_rule(),
        };
        // A refusal by the request itself is the more useful answer, so it is checked first.
        let command = Command::Decide {
            verdict: reply.verdict,
            answer: reply.statement.resting_on(basis),
            shown: reply.shown,
        };
        request.decide(command.clone(), now)?;
        if reason.chars() < Reason::LEAST_CHARS {
            return Err(Refusal::ShortReason { least: Reason::LEAST_CHARS }.into());
        }
        permitted.map_err(Error::Denied)?;
        if let Some(after) = commit(store, request, command, now).await? {
            return Ok(after);
        }
    }
    Err(Error::Contended)
}

/// Ends access early, if the rules in force let this person do so.
///
/// The requester may always give access back, whatever the rules say by now, and even if they
/// cannot be read. (The API still needs the rules to identify the caller, because the directory
/// is part of them.)
pub async fn revoke(
    store: &impl Store,
    rulebook: &impl Rulebook,
    read: Request,
    revocation: &StatementDraft,
) -> Result<Request, Error> {
    let StatementDraft { by, call, .. } = revocation;
    let now = call.at;
    let (id, mut read) = (read.id().clone(), Some(read));
    for _ in 0..ATTEMPTS {
        let request = once_more(store, &id, read.take()).await?;
        let own = request.terms().requester == *by;
        let basis = match rulebook.current().await {
            Ok(rules) => match rules.may_revoke(by, &request, *call) {
                Ok(basis) => basis,
                Err(_) if own => rules.basis_without_rule(),
                Err(denials) => return Err(Error::Denied(denials)),
            },
            Err(_) if own => request.terms().basis.clone(),
            Err(fault) => return Err(fault.into()),
        };
        let command = Command::Revoke(revocation.resting_on(basis));
        if let Some(after) = commit(store, request, command, now).await? {
            return Ok(after);
        }
    }
    Err(Error::Contended)
}

impl StatementDraft {
    /// The statement, with the rules that permit it.
    fn resting_on(&self, basis: Basis) -> Statement {
        let Self { by, reason, channel, call } = self.clone();
        Statement { by, reason, channel, call, basis }
    }
}

/// The request as it was read, or else as it is stored now.
async fn once_more(
    store: &impl Store,
    id: &RequestId,
    read: Option<Request>,
) -> Result<Request, Error> {
    match read {
        Some(request) => Ok(request),
        None => load(store, id).await,
    }
}

async fn load(store: &impl Store, id: &RequestId) -> Result<Request, Error> {
    store.load(id).await?.ok_or(Error::NotFound)
}

/// Decides a command, commits the outcome and returns the changed request. None if another commit
/// came first.
pub(crate) async fn commit(
    store: &impl Store,
    request: Request,
    command: Command,
    now: Timestamp,
) -> Result<Option<Request>, Error> {
    let read = request.version();
    let (after, entries) = request.after(command, now)?;
    if entries.is_empty() {
        return Ok(Some(after));
    }
    match store.commit(read, &after, &entries).await? {
        Committed::Done => Ok(Some(after)),
        Committed::Lost => Ok(None),
    }
}
