//! The worker, which holds power over IAM: it makes AWS match the record.
//!
//! Of the functions, only `grant`, `expiry` and `reconcile` have a worker. A function that
//! answers calls from the internet never has one.

mod detached;
mod reconcile;
mod settle;
mod sweep;

pub use reconcile::{DriftReport, Mode};
pub use sweep::Swept;

/// A worker, with the store, the IAM and the rules that it works on.
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
