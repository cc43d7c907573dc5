//! Checkpoints and proofs, as an auditor has them at home.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod proofs;
mod tampering;
mod world;
