//! A person's command, taken as far as the record.

use std::sync::Arc;

use domain::{Command, Person, Request, RequestId};
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

/// Carries out an approver's answer, if the rules in force let them give it.
///
/// Each attempt asks the rules anew. A change of rules that is published between
/// that question and the commit, some milliseconds, counts as published after it.
pub async fn answer(
    store: &impl Store,
    rulebook: &impl Rulebook,
    id: &RequestId,
    (by, command): (&Person, Command),
    now: Timestamp,
) -> Result<Request, Error> {
    for _ in 0..ATTEMPTS {
        let request = load(store, id).await?;
        // What the request itself says no to is the better answer, so it goes first.
        request.decide(command.clone(), now)?;
        let rules: Arc<RuleSet> = rulebook.current().await?;
        rules.may_decide(by, &request).map_err(|denial| Error::Denied(vec![denial]))?;
        if let Some(after) = commit(store, request, command.clone(), now).await? {
            return Ok(after);
        }
    }
    Err(Error::Contended)
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
