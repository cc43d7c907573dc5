//! A person's command, taken as far as the record.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    Answer, Basis, Channel, Command, Person, Reason, Request, RequestId, Shown, Situation, Verdict,
};
use jiff::Timestamp;
use rules::RuleSet;

use crate::{
    Error,
    ports::{Committed, Rulebook, Store},
};

/// How often a lost race is run again. A request has few writers; whoever loses
/// this often is told to come back.
const ATTEMPTS: usize = 8;

/// Carries out a command as far as the record: load, decide, commit.
pub async fn order(
    store: &impl Store,
    id: &RequestId,
    command: Command,
    now: Timestamp,
) -> Result<Request, Error> {
    for _ in 0..ATTEMPTS {
        let request = load(store, id).await?;
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
/// Each attempt asks the rules anew. A change of rules that is published between
/// that question and the commit, some milliseconds, counts as published after it.
pub async fn answer(
    store: &impl Store,
    rulebook: &impl Rulebook,
    id: &RequestId,
    reply: &Reply,
) -> Result<Request, Error> {
    let Reply { by, situation, .. } = reply;
    let now = situation.at;
    for _ in 0..ATTEMPTS {
        let request = load(store, id).await?;
        let rules: Arc<RuleSet> = rulebook.current().await?;
        let permitted = rules.may_decide(by, &request, *situation);
        let basis = match &permitted {
            Ok(basis) => basis.clone(),
            Err(_) => Basis { rules: rules.digest(), by: BTreeSet::new() },
        };
        // What the request itself says no to is the better answer, so it goes first.
        let command = reply.resting_on(basis);
        request.decide(command.clone(), now)?;
        permitted.map_err(Error::Denied)?;
        if let Some(after) = commit(store, request, command, now).await? {
            return Ok(after);
        }
    }
    Err(Error::Contended)
}

impl Reply {
    /// The order to take it, with the rules that let it be given.
    fn resting_on(&self, basis: Basis) -> Command {
        let Self { by, verdict, reason, shown, channel, situation } = self.clone();
        let answer = Answer { by, reason, channel, situation, basis };
        Command::Decide { verdict, answer, shown }
    }
}

async fn load(store: &impl Store, id: &RequestId) -> Result<Request, Error> {
    store.load(id).await?.ok_or(Error::NotFound)
}

/// The request afterwards, or none if somebody else was faster.
async fn commit(
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
