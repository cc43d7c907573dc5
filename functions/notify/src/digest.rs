//! Many asks of one person, told to one approver in few mails.
//!
//! Asking costs others their attention. The first few asks of somebody are each told by a
//! mail of their own; what comes on top is told together, by a mail at the first, the second,
//! the fourth, the eighth of them and so on. It is counted for each requester, so that nobody
//! hides what others ask for behind a flood of their own.

use std::collections::BTreeSet;

use domain::{
    request::{Request, Status},
    value::{Person, RequestId},
};
use jiff::Timestamp;

use crate::addressees::MailKind;

/// So many asks of one person are each told by a mail of their own.
pub(crate) const EACH: usize = 5;

/// How an approver hears of an ask.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bundling<'r> {
    /// By a mail of its own.
    Alone,
    /// Together with these: itself among them, the oldest first.
    Together(Vec<&'r Request>),
    /// By the next mail about several.
    Later,
}

/// How this approver hears of a request, among all that its requester has under way; and
/// whether they have heard of it before.
pub(crate) fn bundling<'r>(
    approver: &Person,
    (note, was_told): (MailKind<'_>, bool),
    request: &RequestId,
    (under_way, now): (&'r [Request], Timestamp),
) -> Bundling<'r> {
    let first_time = note == MailKind::DecisionNeeded;
    if !first_time && note != MailKind::DecisionReminder {
        return Bundling::Alone;
    }
    let mut waiting: Vec<_> =
        under_way.iter().filter(|other| waits_for(approver, other, now)).collect();
    waiting.sort_by_key(|request| (request.asked_at(), request.id().clone()));
    let Some(place) = waiting.iter().position(|other| other.id() == request) else {
        return Bundling::Alone;
    };
    // Which of those on top this is, counted from one.
    let Some(on_top) = (place + 1).checked_sub(EACH).filter(|on_top| *on_top > 0) else {
        return Bundling::Alone;
    };
    // Half-way at the latest, each has been told.
    let tells = if first_time { on_top.is_power_of_two() } else { on_top == 1 || !was_told };
    if tells { Bundling::Together(waiting.split_off(EACH)) } else { Bundling::Later }
}

/// Whether an answer of this approver is still wanted.
fn waits_for(approver: &Person, request: &Request, now: Timestamp) -> bool {
    let answered: BTreeSet<_> = request.decisions().iter().map(|one| &one.answer.by).collect();
    request.status() == Status::Pending
        && request.decide_by().is_some_and(|at| now < at)
        && request.terms().approval.asked_first().contains(approver)
        && !answered.contains(approver)
}
