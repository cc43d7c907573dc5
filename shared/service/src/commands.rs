//! A person's command, taken as far as the record.

use std::{collections::BTreeSet, sync::Arc};

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

/// How often a lost race is run again. A request has few writers; whoever loses
/// this often is told to come back.
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

/// A statement as it comes in, before the rules have said whether it may be made: the words of
/// an approver, or of somebody who closes access early.
#[derive(Debug, Clone)]
pub struct StatementDraft {
    /// The person who makes it.
    pub by: Person,
    /// Their reason.
    pub reason: Reason,
    /// The way it came in.
    pub channel: Channel,
    /// The call that carried it.
    pub call: CallContext,
}

/// An approver's answer as it comes in.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Yes or no.
    pub verdict: Verdict,
    /// What the approver had on the screen.
    pub shown: Shown,
    /// Who answers, why, and how.
    pub statement: StatementDraft,
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
            Err(_) => Basis { rule_set: rules.digest(), rule_ids: BTreeSet::new() },
        };
        // What the request itself says no to is the better answer, so it goes first.
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

/// Carries out an order to close early, if the rules in force let this person give it.
///
/// Closing is made easy: whoever asked may always give back what they have, whatever
/// the rules say by now, and whether or not they can be read. (That a caller is who
/// asked, the API knows from the directory, and so from the rules.)
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
                Err(_) if own => Basis { rule_set: rules.digest(), rule_ids: BTreeSet::new() },
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
    /// The statement, with the rules that let it be made.
    fn resting_on(&self, basis: Basis) -> Statement {
        let Self { by, reason, channel, call } = self.clone();
        Statement { by, reason, channel, call, basis }
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
