//! Portcullis on a laptop: the real template and the real binaries on a local AWS.
//!
//! # Theory of operation
//!
//! [`Stack::start`] takes the steps of a deployment, in the same order: it builds the
//! functions ([`bootstraps`]), starts the local AWS ([`ministack`]) in a private
//! Python environment ([`python`]), creates the stack from
//! `infra/template.yaml` ([`deploy`]), publishes rules, and gives people IAM users
//! with keys ([`people`]). IAM is enforced: a call that is denied here is denied by
//! policies.
//!
//! All of it lives as long as the [`Stack`] value. Its process holds one end of a
//! pipe. When that process ends, in whatever way, the local AWS ends.

pub mod bootstraps;
pub mod browser;
pub mod demo;
pub mod deploy;
mod functions;
pub mod guarded;
pub mod logs;
pub mod mailbox;
pub mod ministack;
pub mod narrator;
pub mod people;
pub mod python;
pub mod roles;
pub mod shell;
pub mod sign_in;
pub mod stack;
mod template;
pub mod up;
pub mod workspace;

pub use browser::Browser;
pub use functions::{FUNCTIONS, logical_id};
pub use people::Someone;
pub use stack::Stack;
