//! The life of a request, as pure functions: its states, its events, and the access that must be
//! open in AWS.
//!
//! # Theory of operation
//!
//! A [`Request`](request::Request) asks for one entitlement, for one person. It lives through a few
//! [`State`](request::State)s, and every step is an [`Event`](request::Event):
//!
//! ```text
//!            ┌─▶ denied · cancelled · expired
//!  pending ──┤         ┌────▶ cancelled
//!            ├─▶ scheduled ─┐
//!            └──────────────┴─▶ activating ─▶ active ─▶ ended
//!
//!  scheduled · activating ───────────▶ failed
//!  scheduled · activating · active ──▶ revoking ─▶ revoked
//! ```
//!
//! Its [`Approval`](request::Approval) says who decides: people, in one or several steps; a rule, at
//! once; or nobody, when a person breaks glass. Then a reviewer looks at it afterwards. A review
//! changes nothing about the access, and stays open after the access has ended.
//!
//! * [`Request::decide`](request::Request::decide) answers a [`Command`](request::Command) with the
//!   events that follow, or with a [`Refusal`](request::Refusal). It changes nothing.
//! * [`Request::apply`](request::Request::apply) changes the request by one recorded event. It
//!   refuses nothing, so a request can be rebuilt from its record by a fold.
//! * [`Request::replay`](request::Request::replay) rebuilds it as well, and believes no entry that
//!   `decide` would not have made. Only a [`Proven`](request::Proven) request can open access.
//! * [`Request::effect`](request::Request::effect) says what must be true in AWS now, from the
//!   state and the time alone. The worker makes it true, as often as needed.
//! * A [`Grant`](grant::Grant) is of one of three kinds: an inline policy, which carries its end; a
//!   managed policy, which several grants can hold together ([`Attachment`](grant::Attachment)); or
//!   sessions of a role, which are given out while access is open, and barred when it is revoked.
//!
//! Each recorded event ([`Entry`](request::Entry)) carries the hash of the one before it, so a
//! request's history is a chain that [`Chain`](history::Chain) can check anywhere, offline.
//!
//! Everything here is pure: no clock, no chance, no environment, no I/O. Time is an argument,
//! random bytes are an argument, and the same input gives the same answer for ever.
//!
//! # The laws
//!
//! These hold whatever happens. Tests and comments refer to them by number.
//!
//! 1. Access exists only under a recorded, approved grant, and before its end.
//! 2. Nothing is done in IAM whose intent is not on record first.
//! 3. The end is fixed when access is approved, within the cap, and is never later.
//! 4. Once a grant is over and things are quiet, IAM holds nothing of ours.
//! 5. Nothing starts at or after its end, or after its deadline.
//! 6. Ending one grant never touches another.
//! 7. What was there before us is never removed.
//! 8. A request only moves forward, and a final state is final.
//! 9. One answer for each approver. Nobody answers for themselves, by person and not by ARN. A
//!    quorum counts different people who may still decide.
//! 10. What is shown is what is approved, stored and applied, by digest.
//! 11. When the rules change after the request, the old digest holds or the answer is no, and
//!     never silently the new one.
//! 12. A no or a cancellation beats a later yes, and every race has one winner.
//! 13. GET and HEAD write nothing, on any route.
//! 14. An expired, foreign or invented link changes nothing and reveals nothing. A used one takes no
//!     second answer, and shows the request until it expires.
//! 15. The same idempotency key and body is the same request. Another body is refused. Another
//!     person's key is unrelated.
//! 16. A duplicated, reordered or half-failed delivery leads to the same end.
//! 17. What a grant opened ends with it.
//! 18. Every transition is exactly one event, and histories have no gaps.
//! 19. Verification notices every mutation, deletion and reordering, and names the first bad row.
//! 20. Once AWS answers again, what is overdue is closed within two sweeps.
//! 21. No token, credential or free text of a person reaches a log.
//! 22. The checkpoints cover every entry, and show what is altered, missing, doubled or forked.
//! 25. Outside its window a grant has no effect, allowing or denying.
//! 26. Identity rests on nothing that the caller can choose.
//!
//! # Where things go
//!
//! A new state is a variant of [`State`](request::State), and the compiler then names each place
//! that must handle it. A new kind of grant is a variant of [`Grant`](grant::Grant), and the
//! compiler names each place that makes, shows, opens or closes one. A new event is a variant of
//! [`Event`](request::Event), and if a person orders it, of [`Command`](request::Command).
//!
//! Two more histories are chained and checked in the same way: the rules, with a
//! [`Publication`](history::Publication) as an entry, and the differences between IAM and the
//! record, with a [`DriftEntry`](history::DriftEntry) as an entry.

pub mod checkpoint;
pub mod grant;
pub mod history;
pub mod request;
pub mod value;
