//! Many requests of one person, reported to one approver in few mails.
//!
//! Each request costs others their attention. The first few requests of a person get a mail of
//! their own each. All further requests share mails, which are sent with the first further request,
//! the second, the fourth, the eighth and so on. They are counted for each requester and approver, so
//! that nobody hides the requests of others behind a flood of their own.

use domain::{
    request::Request,
    value::{Person, RequestId},
};
use jiff::Timestamp;

use crate::{addressees::answered, mail_kind::MailKind};

/// Requests of one person that get a mail of their own each.
pub(crate) const EACH: usize = 5;

/// The way in which an approver hears of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bundling<'r> {
    /// The request gets a mail of its own.
    Alone,
    /// The request shares a mail with these: itself among them, the oldest first.
    Together(Vec<&'r Request>),
    /// The next mail about several requests covers it.
    Later,
}

/// Decides how this approver hears of a request, among all requests that its requester has under
/// way. `was_told` says whether a mail about this request has reached the approver before.
pub(crate) fn bundling<'r>(
    approver: &Person,
    (kind, was_told): (MailKind<'_>, bool),
    request: &RequestId,
    (under_way, now): (&'r [Request], Timestamp),
) -> Bundling<'r> {
    if !kind.may_be_bundled() {
        return Bundling::Alone;
    }
    let first_time = kind == MailKind::DecisionNeeded;
    let mut waiting: Vec<_> =
        under_way.iter().filter(|other| waits_for(approver, other, now)).collect();
    waiting.sort_by_key(|request| (request.asked_at(), request.id().clone()));
    let Some(place) = waiting.iter().position(|other| other.id() == request) else {
        return Bundling::Alone;
    };
    // The place among the requests on top, counted from one.
    let Some(on_top) = (place + 1).checked_sub(EACH).filter(|on_top| *on_top > 0) else {
        return Bundling::Alone;
    };
    // With the reminder at the latest, the approver has heard of each request.
    let tells = if first_time { on_top.is_power_of_two() } else { on_top == 1 || !was_told };
    if tells { Bundling::Together(waiting.split_off(EACH)) } else { Bundling::Later }
}

/// Whether an answer of this approver is still wanted.
fn waits_for(approver: &Person, request: &Request, now: Timestamp) -> bool {
    request.may_be_decided(now)
        && request.terms().approval.asked_first().contains(approver)
        && !answered(request).contains(approver)
}
