//! The laws: tested one by one, and against random lives.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod people;
mod sessions;

mod deciding;
mod ending;
mod golden;
mod lives;
mod proof;
