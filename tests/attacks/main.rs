//! Attacks, told as stories: what was tried, with whose rights, what came of it, and what
//! is on record afterwards. `docs/security.md` says the same by role.
//!
//! Those that need no machine run in memory, through the same `service` that the functions
//! run; those that rest on IAM or on a function's own rights use its real credentials on
//! the local AWS.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod company;
mod engineer;
mod flood;
mod forger;
mod publisher;
mod rules;
