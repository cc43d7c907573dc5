//! A person's command, taken as far as the record.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    Answer, Basis, Channel, Command, Person, Reason, Refusal, Request, RequestId, Shown, Situation,
    Verdict,
};
use jiff::Timestamp;
use rules::RuleSet;

use crate::{
    Error,
    ports::{Committed, Rulebook, Snapshot, Store},
};

/// How often a lost race is run again. A request has few writers; whoever loses
/// this often is told to come back.
pub(crate) const ATTEMPTS: usize = 8;

/// Carries out a command as far as the record: load, decide, commit.
pub async fn execute(
    store: &impl Store,
    id: &RequestId,
    command: Command,
    now: Timestamp,
) -> Result<Request, Error> {
    execute_from(store, load(store, id).await?, command, now).await
}

/// The same, beginning with the request as it was read.
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

/// What an approver says, as it comes in.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Who.
    pub by: Person,
    /// Yes or no.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What they had before them.
    pub shown: Shown,
    /// Which way it came.
    pub channel: Channel,
    /// When, and from where.
    pub situation: Situation,
}

/// Carries out an approver's answer, if the rules in force let them give it.
///
/// It begins with the request and the rules as the caller has read them: a commit is conditional on its
/// version, so an old one costs another attempt and nothing else. Each attempt asks the
/// rules anew. A change of rules that is published between that question and the commit,
/// some milliseconds, counts as published after it.
pub async fn answer(
    store: &impl Store,
    rulebook: &impl Rulebook,
    read: Snapshot,
    reply: &Reply,
) -> Result<Request, Error> {
    let Reply { by, situation, .. } = reply;
    let now = situation.at;
    let (id, mut read) = (read.request.id().clone(), Some(read));
    for _ in 0..ATTEMPTS {
        let Snapshot { request, rules } = match read.take() {
            Some(read) => read,
            None => store.snapshot(&id).await?.ok_or(Error::NotFound)?,
        };
        let rules: Arc<RuleSet> = rulebook.rules_at(rules).await?;
        let permitted = rules.may_decide(by, &request, *situation);
        let basis = match &permitted {
            Ok(basis) => basis.clone(),
            Err(_) => Basis { rules: rules.digest(), by: BTreeSet::new() },
        };
        // What the request itself says no to is the better answer, so it goes first.
        let command = reply.resting_on(basis);
        request.decide(command.clone(), now)?;
        if reply.reason.chars() < Reason::LEAST_CHARS {
            return Err(Refusal::ShortReason { least: Reason::LEAST_CHARS }.into());
        }
        permitted.map_err(Error::Denied)?;
        if let Some(after) = commit(store, request, command, now).await? {
            return Ok(after);
        }
    }
    Err(Error::Contended)
}

/// Carries out an order to close early, if the rules in force let this person give it.
///
/// Closing is made easy: whoever asked may always give back what they have, whatever
/// the rules say by now, and whether or not they can be read. (That a caller is who
/// asked, the API knows from the directory, and so from the rules.)
pub async fn revoke(
    store: &impl Store,
    rulebook: &impl Rulebook,
    read: Request,
    order_given: &Revocation,
) -> Result<Request, Error> {
    let Revocation { by, situation, .. } = order_given;
    let now = situation.at;
    let (id, mut read) = (read.id().clone(), Some(read));
    for _ in 0..ATTEMPTS {
        let request = once_more(store, &id, read.take()).await?;
        let own = request.ask().requester == *by;
        let basis = match rulebook.current().await {
            Ok(rules) => match rules.may_revoke(by, &request, *situation) {
                Ok(basis) => basis,
                Err(_) if own => Basis { rules: rules.digest(), by: BTreeSet::new() },
                Err(denials) => return Err(Error::Denied(denials)),
            },
            Err(_) if own => request.ask().basis.clone(),
            Err(fault) => return Err(fault.into()),
        };
        let command = order_given.resting_on(basis);
        if let Some(after) = commit(store, request, command, now).await? {
            return Ok(after);
        }
    }
    Err(Error::Contended)
}

/// An order to close early, as it comes in.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// Who.
    pub by: Person,
    /// Why.
    pub reason: Reason,
    /// Which way it came.
    pub channel: Channel,
    /// When, and from where.
    pub situation: Situation,
}

impl Revocation {
    fn resting_on(&self, basis: Basis) -> Command {
        let Self { by, reason, channel, situation } = self.clone();
        Command::Revoke(Answer { by, reason, channel, situation, basis })
    }
}

impl Reply {
    /// The order to take it, with the rules that let it be given.
    fn resting_on(&self, basis: Basis) -> Command {
        let Self { by, verdict, reason, shown, channel, situation } = self.clone();
        let answer = Answer { by, reason, channel, situation, basis };
        Command::Decide { verdict, answer, shown }
    }
}

/// The request as it was read, or as it stands by now.
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

/// The request afterwards, or none if somebody else was faster.
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
