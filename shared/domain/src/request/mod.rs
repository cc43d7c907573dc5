//! A request: its terms, its events, and the ends to reach in AWS.

mod approval;
mod cause;
mod command;
mod decide;
mod effect;
mod entry;
mod event;
mod lifecycle;
mod minting;
mod outstanding;
mod proof;
mod refusal;
mod review;
mod state;
mod statement;
mod terms;

pub use approval::{Approval, Nudge, Step, Steps};
pub use cause::Cause;
pub use command::{Command, Shown};
pub use effect::Effect;
pub use entry::Entry;
pub use event::Event;
pub use lifecycle::Request;
pub use outstanding::{
    CountedRequest, MAX_FOR_ENTITLEMENT, MAX_GLASS_BROKEN, MAX_OUTSTANDING, Outstanding,
};
pub use proof::{Proven, Unproven};
pub use refusal::Refusal;
pub use review::{Decision, Review};
pub use state::{State, Status};
pub use statement::{Channel, Statement, Verdict};
pub use terms::Terms;
