//! The mails, whole, as people read them: who is written to, when, and what it says.

#![expect(clippy::unwrap_used, reason = "tests")]

mod approvers;
mod delivery;
mod flood;
mod requester;
mod world;
