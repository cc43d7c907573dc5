//! What our policies allow and forbid, as AWS would decide it.
//!
//! The local AWS does not tie condition keys to actions, knows no boundary of ours, and
//! enforces no quota of IAM's. So the policies of the template, the trust policy of a
//! session's role, the fences and the bars are put before an evaluator that does.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod agreement;
mod case;
mod evaluator;
mod fences;
mod functions;
mod limits;
mod resources;
mod template;
mod trust;
