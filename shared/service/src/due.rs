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
}

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
        Self { parts: (0..PARTS).map(pages).collect(), unread: Vec::new() }
    }

    /// The next few, oldest first; none once there are no more.
    pub(crate) async fn take(
        &mut self,
        store: &impl Store,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<Due>, Fault> {
        let mut taken = Vec::new();
        while taken.len() < most {
            self.refill(store, now).await?;
            let heads = self.parts.iter_mut().filter(|part| !part.read.is_empty());
            let oldest =
                heads.min_by_key(|part| part.read.front().map(|due| (due.at, due.id.clone())));
            let Some(due) = oldest.and_then(|part| part.read.pop_front()) else { break };
            taken.push(due);
        }
        Ok(taken)
    }

    /// How many are read and not taken; there may be more behind them.
    pub(crate) fn left(&self) -> usize {
        self.parts.iter().map(|part| part.read.len()).sum()
    }

    async fn refill(&mut self, store: &impl Store, now: Timestamp) -> Result<(), Fault> {
        for part in &mut self.parts {
            while part.read.is_empty() {
                let after = match &part.next {
                    Next::Beginning => None,
                    Next::After(after) => Some(after),
                    Next::Nothing => break,
                };
                let DuePage { due, unread, next } = store.due(part.part, after, now).await?;
                part.read = due.into();
                part.next = next.map_or(Next::Nothing, Next::After);
                self.unread.extend(unread);
            }
        }
        Ok(())
    }
}

/// The first of what is due in some lanes, for somebody who only looks.
pub async fn first_due(
    store: &impl Store,
    lanes: &[Lane],
    most: usize,
    now: Timestamp,
) -> Result<Vec<Due>, Fault> {
    let mut found = Vec::new();
    for lane in lanes {
        let wanted = most.saturating_sub(found.len());
        found.extend(Queue::of(*lane).take(store, wanted, now).await?);
    }
    Ok(found)
}
