//! Making AWS match the record: for one request at once, for all that is due
//! every minute.

use domain::{Cause, Command, Effect, Request, RequestId};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use crate::{
    Error, Fault, order,
    ports::{Ensured, Grants, Rulebook, Store},
};

/// How many requests a sweep works on at a time.
const AT_ONCE: usize = 8;

/// Lets happen what is due for one request, makes AWS match, and records the
/// outcome. Doing it again changes nothing, so whoever was cut short is repaired
/// by doing it again.
///
/// What is opened is judged once more by the rules in force (law 11). Closing asks
/// nobody: without readable rules nothing opens, and everything still closes.
pub async fn settle(
    store: &impl Store,
    (grants, rulebook): (&impl Grants, &impl Rulebook),
    id: &RequestId,
    now: Timestamp,
) -> Result<Request, Error> {
    let mut request = order(store, id, Command::Tick, now).await?;
    while let Some(effect) = request.effect(now) {
        let outcome = perform((grants, rulebook), &request, effect, now).await?;
        let before = request.version();
        request = order(store, id, outcome.clone(), now).await?;
        if request.version() == before {
            return Err(Fault::new("settle a request", "its effect led nowhere").into());
        }
        if let (Effect::Ensure(window), Command::Opened) = (effect, &outcome)
            && request.status().is_terminal()
        {
            // A call to IAM may arrive late: when somebody else has closed the request in
            // the meantime, nobody looks at it again, and what the call put would stay.
            grants.ensure_gone(&request, window, now).await?;
        }
    }
    Ok(request)
}

/// Reaches the end an effect names, and says what to record.
async fn perform(
    (grants, rulebook): (&impl Grants, &impl Rulebook),
    request: &Request,
    effect: Effect,
    now: Timestamp,
) -> Result<Command, Fault> {
    match effect {
        Effect::Ensure(window) => {
            let ensured = match rulebook.current().await?.may_open(request) {
                Ok(()) => grants.ensure(request, window, now).await?,
                Err(denials) => {
                    let reasons = denials.into_iter().map(|denial| denial.reason).collect();
                    Ensured::Impossible(Cause::RulesChanged { reasons })
                }
            };
            match ensured {
                Ensured::InPlace => Ok(Command::Opened),
                Ensured::Impossible(cause) => {
                    // An earlier attempt may have got through before it became impossible.
                    grants.ensure_gone(request, window, now).await?;
                    Ok(Command::GiveUp(cause))
                }
            }
        }
        Effect::EnsureGone(window) => {
            grants.ensure_gone(request, window, now).await?;
            Ok(Command::Closed)
        }
        Effect::Bar(until) => {
            grants.bar(request, until).await?;
            Ok(Command::Barred(until))
        }
        Effect::Lift(until) => {
            grants.lift(request, until).await?;
            Ok(Command::Lifted)
        }
    }
}

/// What a sweep did.
#[derive(Debug, Default)]
pub struct Swept {
    /// Requests that are as they should be now.
    pub settled: Vec<RequestId>,
    /// Requests that are not, and why. The next sweep tries them again.
    pub failed: Vec<(RequestId, Error)>,
}

/// Settles everything that is due, those overdue longest first. A request that
/// fails is passed over and tried again by the next sweep.
pub async fn sweep(
    store: &impl Store,
    (grants, rulebook): (&impl Grants, &impl Rulebook),
    now: Timestamp,
) -> Result<Swept, Fault> {
    let due = store.due(now).await?;
    let outcomes = stream::iter(due)
        .map(|id| async move { (settle(store, (grants, rulebook), &id, now).await, id) })
        .buffer_unordered(AT_ONCE);
    let swept = outcomes.fold(Swept::default(), |mut swept, (outcome, id)| async move {
        match outcome {
            Ok(_) => swept.settled.push(id),
            Err(error) => swept.failed.push((id, error)),
        }
        swept
    });
    Ok(swept.await)
}
