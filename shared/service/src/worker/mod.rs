//! The side that holds power over IAM: it makes AWS match the record.
//!
//! Only the functions `grant`, `expiry` and `reconcile` have a worker; nothing that answers a
//! call from the internet does.

mod detached;
mod reconcile;
mod settle;
mod sweep;

pub use reconcile::{DriftReport, Mode};
pub use sweep::Swept;

/// The parts a worker works with.
#[derive(Debug)]
pub struct Worker<'a, S, I, R> {
    /// Requests, attachments, bars and drift on record.
    pub store: &'a S,
    /// IAM.
    pub iam: &'a I,
    /// The published rules.
    pub rules: &'a R,
}

impl<S, I, R> Clone for Worker<'_, S, I, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, I, R> Copy for Worker<'_, S, I, R> {}
