//! A person's command, taken as far as the record.

use domain::{Command, Person, Request, RequestId};
use jiff::Timestamp;

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
    order_if(store, id, command, now, |_| Ok(())).await
}

/// Carries out an approver's answer, if the rules in force still let them give
/// it. Rules and record are checked against the same version of the request.
pub async fn answer(
    store: &impl Store,
    rulebook: &impl Rulebook,
    id: &RequestId,
    (by, command): (&Person, Command),
    now: Timestamp,
) -> Result<Request, Error> {
    let rules = rulebook.current().await?;
    order_if(store, id, command, now, |request| {
        rules.may_decide(by, request).map_err(|denial| Error::Denied(vec![denial]))
    })
    .await
}

async fn order_if(
    store: &impl Store,
    id: &RequestId,
    command: Command,
    now: Timestamp,
    allowed: impl Fn(&Request) -> Result<(), Error>,
) -> Result<Request, Error> {
    for _ in 0..ATTEMPTS {
        let request = store.load(id).await?.ok_or(Error::NotFound)?;
        let read = request.version();
        let (after, entries) = request.clone().after(command.clone(), now)?;
        allowed(&request)?;
        if entries.is_empty() {
            return Ok(request);
        }
        match store.commit(read, &after, &entries).await? {
            Committed::Done => return Ok(after),
            Committed::Lost => {}
        }
    }
    Err(Error::Contended)
}
