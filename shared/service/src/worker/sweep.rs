//! Settles everything that is due, every minute.

use domain::{
    request::{Effect, Request},
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

/// Failures that a sweep lists at most; all are counted.
const MOST_NAMED: usize = 1_000;

/// The outcome of a sweep.
#[derive(Debug, Default)]
pub struct Swept {
    /// Requests that were settled.
    pub settled: Vec<RequestId>,
    /// Number of settled requests that failed: they could not be opened, and were given up.
    pub gave_up: usize,
    /// The first requests that could not be settled, each with its cause. The next sweep tries
    /// them again.
    pub failed: Vec<(Due, Error)>,
    /// Number of all requests that could not be settled.
    pub not_settled: usize,
    /// Keys of due rows that are no requests. Somebody wrote them by hand.
    pub unread: Vec<String>,
    /// Faults that kept the sweep from reading a part of what is due.
    pub blind: Vec<Fault>,
    /// Number of requests that were not reached in time. There may be more.
    pub left: usize,
    /// The earliest due time among requests that were not settled or not reached. Requests that
    /// their history does not prove do not count.
    pub waits_since: Option<Timestamp>,
}

impl<S: Store + Attachments, I: IamWrite, R: Rulebook> Worker<'_, S, I, R> {
    /// Settles everything that is due: closings first, and those longest overdue first. A
    /// request that fails is passed over and tried again by the next sweep.
    ///
    /// It reads a page, settles it, and reads the next one: memory use does not grow with the
    /// number of requests, and settled requests stay settled when the time is up.
    ///
    /// Failed requests are tried again every minute, for ever: once AWS answers, all of them are
    /// closed within two sweeps (law 20). To spare AWS, the number of requests at a time is
    /// halved when AWS throttles, and grows by one when it does not. (The SDK tries a single
    /// failed call again, with growing pauses and jitter.)
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

    /// Settles one request that is due. A request that is only to be closed is closed without
    /// another read: an old copy never shows an open request as over, and closing twice is
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
    /// Adds outcomes, and returns whether AWS throttled any of them.
    fn add(&mut self, outcomes: Vec<(Result<Request, Error>, Due)>) -> bool {
        let mut throttled = false;
        for (outcome, due) in outcomes {
            match outcome {
                Ok(request) => {
                    self.gave_up += usize::from(request.state().failure().is_some());
                    self.settled.push(request.id().clone());
                }
                Err(error) => {
                    throttled |= matches!(&error, Error::Fault(fault) if fault.is_throttled());
                    self.not_settled += 1;
                    // A request that its history does not prove is not open. Another alarm covers
                    // it.
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
