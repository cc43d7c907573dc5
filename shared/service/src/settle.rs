//! Making AWS match the record: for one request at once, for all that is due
//! every minute.

use domain::{Cause, Command, Effect, Proven, Request, RequestId, Status, Window};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use rules::{MayOpen, RuleSet};

use crate::{
    Error, Fault,
    commands::execute_from,
    due::Queue,
    ports::{Due, Ensured, Grants, Lane, Rulebook, Snapshot, Store},
    proof::proven,
};

/// Rights of a new deployment take a moment to spread: for so long a no of AWS's to
/// opening something may still become a yes. Two sweeps are further apart.
const PROPAGATION: SignedDuration = SignedDuration::from_secs(60);

/// How many requests a sweep works on at a time: at first, and at most.
const AT_ONCE: usize = 8;
const MOST_AT_ONCE: usize = 32;

/// Lets happen what is due for one request, makes AWS match, and records the
/// outcome. Doing it again changes nothing, so whoever was cut short is repaired
/// by doing it again.
///
/// What is opened is proven by its history, and judged once more by the rules in force
/// (law 11). Closing asks nobody: without readable rules, and of a request that nothing
/// proves, nothing opens, and everything still closes.
pub async fn settle(
    store: &impl Store,
    (grants, rulebook): (&impl Grants, &impl Rulebook),
    id: &RequestId,
    now: Timestamp,
) -> Result<Request, Error> {
    let read = store.snapshot(id).await?.ok_or(Error::NotFound)?;
    settle_read(store, (grants, rulebook), read, now).await
}

/// The same, beginning with the request and the rules as they were read. Each commit is
/// conditional on the version, so whoever has read an old one decides again.
async fn settle_read(
    store: &impl Store,
    (grants, rulebook): (&impl Grants, &impl Rulebook),
    Snapshot { request, rules }: Snapshot,
    now: Timestamp,
) -> Result<Request, Error> {
    let mut request = execute_from(store, request, Command::Tick, now).await?;
    while let Some(effect) = request.effect(now) {
        let outcome = if let Effect::Ensure(window) = effect {
            let proven = proven(store, request.id(), now).await?;
            if *proven.request() != request {
                // Somebody has been here since it was read.
                request = proven.into_request();
                continue;
            }
            let rules = rulebook.rules_at(rules).await?;
            Some(open(grants, &rules, (&proven, window), now).await?)
        } else {
            close(grants, &request, effect, now).await?
        };
        let Some(outcome) = outcome else { break };
        let before = request.version();
        request = execute_from(store, request, outcome.clone(), now).await?;
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

/// Opens what its history proves, if the rules in force agree, and says what to record.
async fn open(
    grants: &impl Grants,
    rules: &RuleSet,
    (proven, window): (&Proven, Window),
    now: Timestamp,
) -> Result<Command, Fault> {
    let ensured = match rules.may_open(proven) {
        Ok(leave) => ensure(grants, leave, now).await?,
        Err(denials) => {
            let reasons = denials.into_iter().map(|denial| denial.reason).collect();
            Ensured::Impossible(Cause::RulesChanged { reasons })
        }
    };
    match ensured {
        Ensured::InPlace => Ok(Command::Opened),
        Ensured::Impossible(cause) => {
            // An earlier attempt may have got through before it became impossible.
            ensure_gone(grants, proven.request(), window, now).await?;
            Ok(Command::GiveUp(cause))
        }
    }
}

/// Reaches an end that gives nobody anything, and says what to record, if anything. It
/// asks for no proof: what is stored is enough to take away.
async fn close(
    grants: &impl Grants,
    request: &Request,
    effect: Effect,
    now: Timestamp,
) -> Result<Option<Command>, Fault> {
    match effect {
        Effect::Ensure(_) => Ok(None),
        Effect::EnsureGone(window) => {
            ensure_gone(grants, request, window, now).await?;
            Ok(Some(Command::Closed))
        }
        Effect::Bar(until) => {
            grants.bar(request).await?;
            Ok(Some(Command::Barred(until)))
        }
        Effect::KeepBarred => {
            grants.keep_barred(request).await?;
            Ok(None)
        }
        Effect::Lift => {
            grants.lift(request).await?;
            Ok(Some(Command::Lifted))
        }
    }
}

/// Opens it. A no of AWS's is final once it was said a minute after the intent, and so
/// twice: whoever was told first, tried at once.
async fn ensure(
    grants: &impl Grants,
    leave: MayOpen<'_>,
    now: Timestamp,
) -> Result<Ensured, Fault> {
    match grants.ensure(leave, now).await {
        Err(fault) if fault.is_not_permitted() => {
            let late = leave.request().changed_at().duration_until(now) >= PROPAGATION;
            if late { Ok(Ensured::Impossible(Cause::NotPermitted)) } else { Err(fault) }
        }
        ensured => ensured,
    }
}

/// Closes it. What was never seen in IAM, and may not be taken away, could not be put
/// there either: it ends. What was seen there is tried for ever.
async fn ensure_gone(
    grants: &impl Grants,
    request: &Request,
    window: Window,
    now: Timestamp,
) -> Result<(), Fault> {
    match grants.ensure_gone(request, window, now).await {
        Err(fault) if fault.is_not_permitted() && !request.state().was_opened() => Ok(()),
        gone => gone,
    }
}

/// What a sweep did.
#[derive(Debug, Default)]
pub struct Swept {
    /// Requests that are as they should be now.
    pub settled: Vec<RequestId>,
    /// How many of them could not be opened, and were given up.
    pub gave_up: usize,
    /// Requests that are not, and why: the first of them. The next sweep tries them again.
    pub failed: Vec<(Due, Error)>,
    /// How many those are in all.
    pub not_settled: usize,
    /// The keys of rows that are no requests: somebody has written them by hand.
    pub unread: Vec<String>,
    /// Why it could not be read what is due, where it could not.
    pub blind: Vec<Fault>,
    /// At least so many were not looked at, because the time was up.
    pub left: usize,
    /// Since when something waits that was not settled, or not looked at.
    pub waits_since: Option<Timestamp>,
}

/// So many failures are named.
const MOST_NAMED: usize = 1_000;

/// Settles everything that is due: closings first, and those overdue longest first. A
/// request that fails is passed over and tried again by the next sweep.
///
/// It reads a page, settles it, and reads the next: however many there are, they take no
/// more memory, and what was settled stays so when the time is up.
///
/// Each minute everything that failed is tried again, for ever: once AWS answers, all of
/// it is closed within two sweeps (law 20). What AWS is spared is the number of calls at
/// a time: it grows by one while all goes well, and is halved when AWS says that there
/// are too many. (A single call that fails is tried again by the SDK, with growing
/// pauses and jitter.)
pub async fn sweep(
    store: &impl Store,
    (grants, rulebook): (&impl Grants, &impl Rulebook),
    now: Timestamp,
    is_time_up: impl Fn() -> bool,
) -> Swept {
    let (mut swept, mut at_once) = (Swept::default(), AT_ONCE);
    for lane in Lane::ALL {
        let mut queue = Queue::of(lane);
        loop {
            let next = queue.take(store, at_once, now).await;
            if next.is_empty() {
                break;
            }
            if is_time_up() {
                swept.left += next.len() + queue.left();
                swept.waits(next.first());
                break;
            }
            let outcomes = next.into_iter().map(|due| async move {
                (settle_due(store, (grants, rulebook), &due, now).await, due)
            });
            let throttled = swept.took(join_all(outcomes).await);
            at_once =
                if throttled { (at_once / 2).max(1) } else { (at_once + 1).min(MOST_AT_ONCE) };
        }
        swept.unread.append(&mut queue.unread);
        swept.blind.append(&mut queue.blind);
    }
    swept
}

impl Swept {
    /// Notes what came of some, and says whether AWS had too many calls.
    fn took(&mut self, outcomes: Vec<(Result<Request, Error>, Due)>) -> bool {
        let mut throttled = false;
        for (outcome, due) in outcomes {
            match outcome {
                Ok(request) => {
                    self.gave_up += usize::from(request.status() == Status::Failed);
                    self.settled.push(request.id().clone());
                }
                Err(error) => {
                    throttled |= matches!(&error, Error::Fault(fault) if fault.is_throttled());
                    self.not_settled += 1;
                    // What nothing proves is not open, and is told otherwise.
                    if !matches!(error, Error::Unproven(_)) {
                        self.waits(Some(&due));
                    }
                    if self.failed.len() < MOST_NAMED {
                        self.failed.push((Due { seen: None, ..due }, error));
                    }
                }
            }
        }
        throttled
    }

    fn waits(&mut self, due: Option<&Due>) {
        let since = due.map(|due| due.at);
        self.waits_since = [self.waits_since, since].into_iter().flatten().min();
    }
}

/// Settles one that is due. What is only to be closed is closed without another read: an
/// old copy shows nothing as over that is not, and closing twice is closing once.
/// Everything else is read again.
async fn settle_due(
    store: &impl Store,
    powers: (&impl Grants, &impl Rulebook),
    due: &Due,
    now: Timestamp,
) -> Result<Request, Error> {
    let closes = |seen: &&Request| matches!(seen.effect(now), Some(Effect::EnsureGone(_)));
    match due.seen.as_ref().filter(closes) {
        Some(seen) => {
            let seen = Snapshot { request: seen.clone(), rules: None };
            settle_read(store, powers, seen, now).await
        }
        None => settle(store, powers, &due.id, now).await,
    }
}
