//! A model checker walks every way things can go: two requests for one principal,
//! deliveries doubled and out of order, crashes between any two steps, calls to IAM that
//! arrive as late as they like, time passing at any moment, people who change their
//! minds, and the look at IAM that mends. It runs the real `decide`, `apply`, `effect`
//! and [`domain::grant::Attachment`]; what stands around them is modelled in `steps`, as
//! `service::settle` and `service::granting` do it.
//!
//! Each law has a twin: the same model with one thing broken by hand, which must fail.
//!
//! What is assumed, and where it is assumed: taking a managed policy away, and starting
//! a session, is done or not done by the time anything else happens. A signed call is
//! not taken later than five minutes, which is less than a step of time here.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod forged;
mod laws;
mod steps;
mod twins;
mod world;
