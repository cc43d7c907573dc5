//! What a request is, what may happen to it, and what must then be true in AWS.
//!
//! # Theory of operation
//!
//! A [`Request`](request::Request) is one ask by one person for one entitlement. It lives through
//! a few [`State`](request::State)s, and every step is an [`Event`](request::Event):
//!
//! ```text
//!            ┌─▶ denied · cancelled · expired
//!  pending ──┤         ┌────▶ cancelled
//!            ├─▶ scheduled ─┐
//!            └──────────────┴─▶ activating ─▶ active ─▶ ended
//!                                   └─▶ failed     (these three) ─▶ revoking ─▶ revoked
//! ```
//!
//! Who stands between the ask and the access says its [`Approval`](request::Approval): people, in one
//! or several steps; a rule, at once; or nobody, because it burns, and then
//! somebody reviews it afterwards. That review is a matter of its own: it changes
//! nothing about the access, and stays open when the access has long ended.
//!
//! * [`Request::decide`](request::Request::decide) answers a [`Command`](request::Command) with the events that follow, or
//!   with a [`Refusal`](request::Refusal). It changes nothing.
//! * [`Request::apply`](request::Request::apply) changes the request by one recorded event. It refuses
//!   nothing, so a request can be rebuilt from its record by a fold.
//! * [`Request::replay`](request::Request::replay) rebuilds it as well, and believes no entry that `decide` would not
//!   have made. What opens anything takes a [`Proven`](request::Proven) request, and no other.
//! * [`Request::effect`](request::Request::effect) says what must be true in AWS now, from the state and
//!   the time alone. Whoever has the power makes it true, as often as needed.
//! * A [`Grant`](grant::Grant) is made of what AWS has: an inline policy of its own, which carries its
//!   end; a managed policy, which grants hold together ([`Attachment`](grant::Attachment)); or sessions of a
//!   role, which are given out while it is open, and barred when it is revoked.
//!
//! Each recorded event ([`Entry`](request::Entry)) carries the hash of the one before it, so a
//! request's history is a chain that [`Chain`](history::Chain) can check anywhere, offline.
//!
//! Everything here is pure: no clock, no chance, no environment, no I/O. Time is
//! an argument, random bytes are an argument, and the same input gives the same
//! answer for ever.
//!
//! # The laws
//!
//! What must hold whatever happens. Tests and comments call them by number.
//!
//! 1. Access exists only under a recorded, approved grant, and before its end.
//! 2. Nothing is done in IAM whose intent is not on record first.
//! 3. The end is fixed when access is approved, within the cap, and never later.
//! 4. Once a grant is over and things are quiet, IAM holds nothing of ours.
//! 5. Nothing starts at or after its end, or after its deadline.
//! 6. Ending one grant never touches another's.
//! 7. What was there before us is never removed.
//! 8. A request only moves forward, and a final state is final.
//! 9. One answer per approver; nobody answers for themselves, by person and not
//!    by ARN; a quorum counts different people who may still decide.
//! 10. Shown is approved is stored is applied, by digest.
//! 11. When the rules change after the ask, the old digest holds or the answer is
//!     no; never silently the new one.
//! 12. A no or a cancellation beats a later yes, and every race has one winner.
//! 13. GET and HEAD write nothing, on any route.
//! 14. A used, expired, foreign or invented link changes nothing and tells nothing.
//! 15. The same idempotency key and body is the same request; another body is
//!     refused; somebody else's key is unrelated.
//! 16. A duplicated, reordered or half-failed delivery leads to the same end.
//! 17. What a grant opened ends with it.
//! 18. Every transition is exactly one event, and histories have no gaps.
//! 19. Verification notices every mutation, deletion and reordering, and names
//!     the first bad row.
//! 20. Once AWS answers again, what is overdue is closed within two sweeps.
//! 21. No token, credential or free text of a person reaches a log.
//! 25. Outside its window a grant has no effect, allowing or denying.
//! 26. Identity rests on nothing that the caller can choose.
//!
//! # Where things go
//!
//! A new state is a variant of [`State`](request::State); the compiler then names each place
//! that must say what it means there. A new kind of grant is a variant of
//! [`Grant`](grant::Grant): the compiler then asks each place that takes one apart how the new
//! kind is made, shown, opened and closed. A new thing that can happen is a variant of [`Event`](request::Event), and if a
//! person orders it, of [`Command`](request::Command).
//!
//! The rules have a history as well, chained and checked in the same way: each
//! [`Publication`](history::Publication) is an entry of it. So has each look at IAM that finds something that
//! is not as the records say: a [`DriftEntry`](history::DriftEntry) is an entry of that.

pub mod grant;
pub mod history;
pub mod request;
pub mod value;
