//! Settling everything that is due, every minute.

use domain::{
    request::{Effect, Request, Status},
    value::RequestId,
};
use futures_util::future::join_all;
use jiff::Timestamp;

use super::Worker;
use crate::{
    Error, Fault,
    due::Queue,
    ports::{Attachments, Due, IamWrite, Lane, Rulebook, Snapshot, Store},
};

/// Requests that a sweep works on at a time: at first, and at most.
const AT_ONCE: usize = 8;
const MOST_AT_ONCE: usize = 32;

/// Failures that a sweep names; all are counted.
const MOST_NAMED: usize = 1_000;

/// The outcome of a sweep.
#[derive(Debug, Default)]
pub struct Swept {
    /// Requests that were settled.
    pub settled: Vec<RequestId>,
    /// Number of them that could not be opened, and were given up.
    pub gave_up: usize,
    /// The first requests that could not be settled, each with its cause. The next sweep tries
    /// them again.
    pub failed: Vec<(Due, Error)>,
    /// Number of all requests that could not be settled.
    pub not_settled: usize,
    /// Keys of rows that are due and are no requests: written by hand, not by us.
    pub unread: Vec<String>,
    /// Faults that kept the sweep from reading a part of what is due.
    pub blind: Vec<Fault>,
    /// Number of requests that were not reached in time. There may be more.
    pub left: usize,
    /// The longest overdue instant among requests that were not settled or not reached.
    pub waits_since: Option<Timestamp>,
}

impl<S: Store + Attachments, I: IamWrite, R: Rulebook> Worker<'_, S, I, R> {
    /// Settles everything that is due: closings first, and those longest overdue first. A
    /// request that fails is passed over and tried again by the next sweep.
    ///
    /// It reads a page, settles it, and reads the next: memory does not grow with their number,
    /// and what was settled stays settled when the time is up.
    ///
    /// Each minute everything that failed is tried again, for ever: once AWS answers, all of
    /// it is closed within two sweeps (law 20). AWS is spared by the number of calls at a
    /// time: it grows by one while all goes well, and is halved when AWS throttles. (A single
    /// call that fails is tried again by the SDK, with growing pauses and jitter.)
    pub async fn sweep(&self, now: Timestamp, is_time_up: impl Fn() -> bool) -> Swept {
        let (mut swept, mut at_once) = (Swept::default(), AT_ONCE);
        for lane in Lane::ALL {
            let mut queue = Queue::of(lane);
            loop {
                let next = queue.take(self.store, at_once, now).await;
                if next.is_empty() {
                    break;
                }
                if is_time_up() {
                    swept.left += next.len() + queue.left();
                    swept.waits(next.first());
                    break;
                }
                let outcomes = next
                    .into_iter()
                    .map(|due| async move { (self.settle_due(&due, now).await, due) });
                let throttled = swept.add(join_all(outcomes).await);
                at_once =
                    if throttled { (at_once / 2).max(1) } else { (at_once + 1).min(MOST_AT_ONCE) };
            }
            swept.unread.append(&mut queue.unread);
            swept.blind.append(&mut queue.blind);
        }
        swept
    }

    /// Settles one request that is due. One that is only to be closed is closed without
    /// another read: an old copy shows nothing as over that is not, and closing twice is
    /// closing once. Every other request is read again.
    async fn settle_due(&self, due: &Due, now: Timestamp) -> Result<Request, Error> {
        let closes = |seen: &&Request| matches!(seen.effect(now), Some(Effect::EnsureGone(_)));
        match due.seen.as_ref().filter(closes) {
            Some(seen) => {
                let seen = Snapshot { request: seen.clone(), rules: None };
                self.settle_read(seen, now).await
            }
            None => self.settle(&due.id, now).await,
        }
    }
}

impl Swept {
    /// Adds outcomes, and says whether AWS throttled any of them.
    fn add(&mut self, outcomes: Vec<(Result<Request, Error>, Due)>) -> bool {
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
                    // A request that nothing proves is not open: another alarm is for that.
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
