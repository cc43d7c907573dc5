//! Stories about the rules, with Ann, Bob and Carol.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod addresses;
mod asking;
mod changing;
mod files;
mod identity;
mod mistakes;
mod policies;
mod properties;
mod sources;
