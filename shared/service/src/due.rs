//! Requests that are due, a page at a time, those longest overdue first.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::{
    Fault,
    ports::{Due, DueAfter, DuePage, Lane, PARTS, Part, Store},
};

/// The requests that are due in one lane, merged from its parts. No more than one page of each
/// part is in memory.
pub(crate) struct Queue {
    parts: Vec<Pages>,
    /// Keys of rows that are no requests. These rows are passed over.
    pub(crate) unread: Vec<String>,
    /// Faults that kept some parts from being read. The others are read all the same.
    pub(crate) blind: Vec<Fault>,
}

/// Limits for rows that are no requests: keys that are kept, and pages of one part that are read
/// at a time.
const MOST_UNREAD: usize = 1_000;
const MOST_PAGES: usize = 100;

/// One part, and how far it was read.
struct Pages {
    part: Part,
    read: VecDeque<Due>,
    next: Next,
}

enum Next {
    Beginning,
    After(DueAfter),
    Nothing,
}

impl Queue {
    pub(crate) fn of(lane: Lane) -> Self {
        let pages = |shard| Pages {
            part: Part { lane, shard },
            read: VecDeque::new(),
            next: Next::Beginning,
        };
        Self { parts: (0..PARTS).map(pages).collect(), unread: Vec::new(), blind: Vec::new() }
    }

    /// The next requests, `most` at most, longest overdue first. Empty if there are no more.
    pub(crate) async fn take(
        &mut self,
        store: &impl Store,
        most: usize,
        now: Timestamp,
    ) -> Vec<Due> {
        let mut taken = Vec::new();
        while taken.len() < most {
            self.refill(store, now).await;
            let heads = self.parts.iter_mut().filter(|part| !part.read.is_empty());
            let oldest =
                heads.min_by_key(|part| part.read.front().map(|due| (due.at, due.id.clone())));
            let Some(due) = oldest.and_then(|part| part.read.pop_front()) else { break };
            taken.push(due);
        }
        taken
    }

    /// Number of requests that were read and not taken. There may be more behind them.
    pub(crate) fn left(&self) -> usize {
        self.parts.iter().map(|part| part.read.len()).sum()
    }

    async fn refill(&mut self, store: &impl Store, now: Timestamp) {
        for part in &mut self.parts {
            for _page in 0..MOST_PAGES {
                let after = match &part.next {
                    _ if !part.read.is_empty() => break,
                    Next::Beginning => None,
                    Next::After(after) => Some(after),
                    Next::Nothing => break,
                };
                match store.due(part.part, after, now).await {
                    Ok(DuePage { due, unread, next }) => {
                        part.read = due.into();
                        part.next = next.map_or(Next::Nothing, Next::After);
                        let room = MOST_UNREAD.saturating_sub(self.unread.len());
                        self.unread.extend(unread.into_iter().take(room));
                    }
                    Err(fault) => {
                        part.next = Next::Nothing;
                        self.blind.push(fault);
                    }
                }
            }
        }
    }
}

/// The first requests that are due in some lanes, `most` at most, for reading only; and the
/// faults of parts that could not be read.
pub async fn first_due(
    store: &impl Store,
    lanes: &[Lane],
    most: usize,
    now: Timestamp,
) -> (Vec<Due>, Vec<Fault>) {
    let (mut found, mut blind) = (Vec::new(), Vec::new());
    for lane in lanes {
        let wanted = most.saturating_sub(found.len());
        let mut queue = Queue::of(*lane);
        found.extend(queue.take(store, wanted, now).await);
        blind.append(&mut queue.blind);
    }
    (found, blind)
}
