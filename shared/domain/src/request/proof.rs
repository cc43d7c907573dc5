//! A request that its own history proves.
//!
//! A stored request is the outcome of its history, kept for speed. A writer that was taken over can
//! store any outcome. An outcome is believed only with entries that lead to it, each of which the
//! domain would have written itself. So nothing opens from a stored request alone: opening takes a
//! [`Proven`] one.

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::{
    cause::Cause,
    command::{Command, Shown},
    entry::Entry,
    event::Event,
    lifecycle::Request,
    statement::{Statement, Verdict},
    terms::Terms,
};
use crate::value::RequestId;

/// Clocks of machines differ by less than this. An entry from further ahead is made up.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// A request that its history proves: its entries, from the first to the last, are those that
/// [`Request::open`] and [`Request::after`] write, byte for byte and hash for hash, and lead to
/// exactly this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven(Request);

impl Proven {
    /// Checks a stored request against its whole history, oldest entry first.
    pub fn of(stored: Request, history: &[Entry], now: Timestamp) -> Result<Self, Unproven> {
        let replayed = Request::replay(history)?;
        let whole = u64::try_from(history.len()) == Ok(stored.version());
        if !whole || replayed != stored {
            return Err(Unproven::Stored(stored.id().clone()));
        }
        if stored.terms().call.at != stored.asked_at() {
            return Err(Unproven::Stored(stored.id().clone()));
        }
        let latest = now.checked_add(SKEW).unwrap_or(Timestamp::MAX);
        if latest < stored.changed_at() {
            return Err(Unproven::Future(stored.id().clone(), stored.version()));
        }
        Ok(Self(stored))
    }

    /// The request.
    pub fn request(&self) -> &Request {
        &self.0
    }

    /// The request alone, without its proof.
    pub fn into_request(self) -> Request {
        self.0
    }
}

/// The reason why a stored request is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unproven {
    /// The history has no entry that begins the request.
    #[error("it has no entry that begins it")]
    NoBeginning,
    /// An entry does not follow from those before it.
    #[error("request {0}, entry {1}: `{2}` does not follow from what was before it")]
    Impossible(RequestId, u64, &'static str),
    /// A row among its entries cannot be read as one.
    #[error("request {0}: what is among its entries cannot be read")]
    Unreadable(RequestId),
    /// The entries lead to something else than what is stored.
    #[error("request {0}: its history leads to something else than what is stored")]
    Stored(RequestId),
    /// The time of its last entry is still to come.
    #[error("request {0}, entry {1}: its time is still to come")]
    Future(RequestId, u64),
}

impl Request {
    /// Rebuilds a request from its history, oldest entry first. Unlike [`Request::apply`]
    /// it believes no entry: each must be what the domain answers to some command.
    ///
    /// A copy may lack the end of the last commit, because entries are copied one by one. It then
    /// leads to the request after the whole of that commit.
    pub fn replay(history: &[Entry]) -> Result<Self, Unproven> {
        let first = history.first().ok_or(Unproven::NoBeginning)?;
        let Event::Asked { terms } = &first.event else { return Err(Unproven::NoBeginning) };
        let opened = Self::open(&first.request, Terms::clone(terms), first.at).ok();
        let (mut request, written) =
            opened.filter(|(_, written)| fits(history, written)).ok_or(impossible(first))?;
        let mut rest = history.get(written.len()..).unwrap_or_default();
        while let Some(next) = rest.first() {
            let step = causes(&request, next).into_iter().find_map(|command| {
                let (after, written) = request.clone().after(command, next.at).ok()?;
                (!written.is_empty() && fits(rest, &written)).then_some((after, written))
            });
            let (after, written) = step.ok_or(impossible(next))?;
            rest = rest.get(written.len()..).unwrap_or_default();
            request = after;
        }
        Ok(request)
    }
}

/// Whether the history begins with all that a commit has written, or ends within it.
fn fits(history: &[Entry], written: &[Entry]) -> bool {
    history.starts_with(written) || written.starts_with(history)
}

fn impossible(entry: &Entry) -> Unproven {
    Unproven::Impossible(entry.request.clone(), entry.seq, entry.event.kind())
}

/// The commands that an entry can have come from.
fn causes(request: &Request, entry: &Entry) -> Vec<Command> {
    let decide = |verdict, answer: &Statement| {
        let shown = Shown { digest: request.terms().grant.digest(), version: request.version() };
        vec![Command::Decide { verdict, answer: answer.clone(), shown }]
    };
    match &entry.event {
        Event::Approved(answer) => decide(Verdict::Approve, answer),
        Event::Denied(answer) => decide(Verdict::Deny, answer),
        Event::Reviewed { verdict, answer } => decide(*verdict, answer),
        Event::Cancelled => vec![Command::Cancel { by: request.terms().requester.clone() }],
        Event::Revoking(answer) => vec![Command::Revoke(answer.clone())],
        Event::Minting { call, .. } => {
            let by = request.terms().requester.clone();
            vec![Command::Mint { by, call: *call }]
        }
        Event::Expired
        | Event::Reminded
        | Event::Escalated { .. }
        | Event::Scheduled { .. }
        | Event::Activating { .. }
        | Event::Closing
        | Event::ReviewOverdue => vec![Command::Tick],
        Event::Activated => vec![Command::Opened],
        Event::Ended | Event::Revoked { barred_until: None } => vec![Command::Closed],
        Event::Revoked { barred_until: Some(until) } => vec![Command::Barred(*until)],
        Event::Lifted => vec![Command::Lifted],
        Event::Failed { cause: cause @ Cause::TooLate } => {
            vec![Command::Tick, Command::GiveUp(cause.clone())]
        }
        Event::Failed { cause } => vec![Command::GiveUp(cause.clone())],
        // This event begins a history, and occurs nowhere else.
        Event::Asked { .. } => vec![],
    }
}
