//! The stories, end to end: the real template and the real binaries, on a local AWS that enforces
//! IAM.
//!
//! One deployment serves all stories, which run at the same time. Each story has its own people
//! ([`world::Cast`]), with IAM users, keys and mailboxes of their own.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod checkpoints;
mod chromium;
mod company;
mod world;

mod approval_page;
mod bad_input;
mod browser;
mod compromised;
mod deciding;
mod doctor;
mod drift;
mod ending;
mod identity;
mod kinds;
mod mailing;
mod permissions;
mod record;
mod road;
mod rules;
mod signing_in;
