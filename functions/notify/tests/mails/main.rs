//! The whole mails as people read them: their addressees, their time and their text.

#![expect(clippy::unwrap_used, reason = "tests")]

mod approvers;
mod delivery;
mod flood;
mod others;
mod requester;
mod world;
