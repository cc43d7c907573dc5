//! The use cases, without the machines they run on.
//!
//! # Theory of operation
//!
//! Every change of a request takes the same path:
//!
//! ```text
//! load ─▶ decide ─▶ commit ─▶ perform ─▶ (decide the outcome ─▶ commit)
//! └───── execute() ──────┘
//! └──────────────────── settle() ─────────────────────────────────────┘
//! ```
//!
//! * [`execute()`], [`answer()`] and [`revoke()`] carry out a person's command as far as the
//!   record. They have no access to IAM, so the functions that answer calls from the internet can
//!   use them.
//! * [`Worker`] holds power over IAM. [`Worker::settle`] records what is due, makes AWS match the
//!   record, and records the outcome. [`Worker::sweep`] settles everything that is due, so that
//!   work that was cut short is finished within a minute. [`Worker::reconcile`] compares IAM
//!   itself with the record, and repairs drift.
//! * `grants` has one file for each kind of grant: how it is put in place, removed, checked
//!   beforehand, and expected in IAM. [`mint()`] gives out sessions.
//! * [`publish()`] puts new rules into force.
//! * [`Checkpointer`] signs all that is new in the audit record.
//! * Opening a request takes a [`rules::judge::MayOpen`]: the history proves the request, and the
//!   rules in force agree. A stored request alone opens nothing.
//!
//! A commit is conditional on the version that was read. The loser of a race loads again and
//! decides again; nothing is ever overwritten.
//!
//! Everything outside is reached through the [`ports`].

mod backfill;
mod checkpoint;
mod commands;
mod delivery;
mod due;
mod error;
mod grants;
mod link;
mod mint;
pub mod ports;
mod preflight;
mod proof;
mod publish;
mod submit;
mod worker;

pub use backfill::{Gaps, fill, find_gaps};
pub use checkpoint::{Checkpointed, Checkpointer};
pub use commands::{Reply, StatementDraft, answer, execute, revoke, visible};
pub use delivery::{Delivery, DeliveryOutcome, MailRef};
pub use due::first_due;
pub use error::{Error, Fault};
pub use grants::notes;
pub use link::{Link, LinkToken, follow};
pub use mint::{Credentials, MintOrder, Session, mint};
pub use preflight::AuthenticatedUser;
pub use publish::{NewRules, NotPublished, Publishing, in_force, publish};
pub use submit::{Submission, preview, submit};
pub use worker::{DriftReport, Mode, Swept, Worker};
