//! Attacks as stories: the attempt, the rights of the attacker, the result, and the record
//! afterwards. `docs/security.md` describes the same by role.
//!
//! Attacks that need no machine run in memory, through the same `service` that the functions run.
//! Attacks that depend on IAM or on a function's own rights use its real credentials on the local
//! AWS.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod company;
mod engineer;
mod flood;
mod forger;
mod publisher;
mod rules;
