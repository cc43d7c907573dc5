//! The stories, without the machines they run on.
//!
//! # Theory of operation
//!
//! Everything that happens to a request goes one way:
//!
//! ```text
//! load ─▶ decide ─▶ commit ─▶ perform ─▶ (decide the outcome ─▶ commit)
//! └───── execute() ──────┘
//! └──────────────────── settle() ─────────────────────────────────────┘
//! ```
//!
//! * [`execute()`] takes a person's command as far as the record. It cannot touch
//!   IAM: it is not given the means. The functions on the internet use it.
//! * [`settle()`] lets happen what is due, makes AWS match the record, and records
//!   the outcome. Only the functions that hold IAM power use it.
//! * [`sweep`] settles everything that is due, so whatever was cut short
//!   anywhere is finished within a minute.
//! * [`Granting`] reaches in IAM the ends that effects name, each kind of grant in a room
//!   of its own; [`mint()`] gives out sessions.
//! * [`publish()`] puts other rules into force.
//! * Whatever opens takes [`rules::MayOpen`]: the history proves the request, and the rules
//!   in force agree. A stored request alone opens nothing.
//! * [`reconcile()`] looks at IAM itself, and mends what no record would show.
//!
//! A commit is conditional on the version that was read. Whoever loses a race
//! loads again and decides again; nothing is ever overwritten.
//!
//! The world is reached through the [`ports`]. [`memory`] holds honest small
//! implementations of them: they refuse stale commits and forget nothing.

mod ask;
mod commands;
mod delivery;
mod due;
mod error;
mod granting;
mod link;
pub mod memory;
mod mint;
pub mod ports;
mod preflight;
mod proof;
mod publish;
mod reconcile;
mod released;
mod settle;

pub use ask::{Submission, ask, preview};
pub use commands::{Reply, Revocation, answer, execute, revoke};
pub use delivery::{Delivery, Occasion, Outcome};
pub use due::first_due;
pub use error::{Error, Fault};
pub use granting::Granting;
pub use link::{Link, LinkToken, follow};
pub use mint::{Credentials, Session, mint};
pub use preflight::{Vouched, notes};
pub use publish::{NewRules, NotPublished, Publishing, in_force, publish};
pub use reconcile::{Found, Look, close_everything, reconcile};
pub use released::check_released;
pub use settle::{Swept, settle, sweep};
