//! A model checker tries every order of events: two requests for one principal, deliveries
//! doubled and out of order, crashes between any two steps, calls to IAM that arrive as late as
//! they like, time passing at any moment, people who change their minds, and reconciliation. It
//! runs the real `decide`, `apply`, `effect` and [`domain::grant::Attachment`]; the code around
//! them is modelled in `steps`, like `service::Worker`.
//!
//! Each law has a twin: the same model with one thing broken by hand, which must fail.
//!
//! The model assumes that detaching a managed policy, and starting a session, is done or not done
//! by the time anything else happens. AWS does not accept a signed call after five minutes, which
//! is less than a step of time here.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod forged;
mod laws;
mod steps;
mod twins;
mod workers;
mod world;
