//! The decisions of AWS under our policies.
//!
//! The local AWS does not tie condition keys to actions, knows no boundary of ours, and does not
//! enforce IAM's quotas. So an evaluator that does gets the policies of the template, the trust
//! policy of a session's role, the fences and the bars.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod agreement;
mod case;
mod checkpoints;
mod evaluator;
mod fences;
mod functions;
mod limits;
mod resources;
mod sessions;
mod template;
mod trust;
