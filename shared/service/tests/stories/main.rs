//! The stories in memory: instant, and cut short at every step.

#![expect(clippy::unwrap_used, reason = "tests")]

mod checkpoints;
mod deciding;
mod drift;
mod ending;
mod managed;
mod people;
mod preflight;
mod renamed;
mod sessions;
mod trouble;
