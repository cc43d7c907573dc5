//! What is due, a page at a time, those overdue longest first.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::{
    Fault,
    ports::{Due, DueAfter, DuePage, Lane, PARTS, Part, Store},
};

/// What is due in one lane, merged from its parts: no more of it is in memory than a page
/// of each.
pub(crate) struct Queue {
    parts: Vec<Pages>,
    /// Rows that are no requests, by their keys: passed over.
    pub(crate) unread: Vec<String>,
    /// Why some parts could not be read: the others are read all the same.
    pub(crate) blind: Vec<Fault>,
}

/// So many rows that are no requests are named, and so many pages of them turned at a time.
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

    /// The next few, oldest first; none once there are no more.
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

    /// How many are read and not taken; there may be more behind them.
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

/// The first of what is due in some lanes, for somebody who only looks; and why some parts
/// could not be read, where they could not.
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
