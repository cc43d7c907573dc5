//! The directory of people and their callers, and the catalogue of entitlements.

mod arn;
mod caller;
mod catalogue;
mod roster;

pub(crate) use arn::sessions_of_role;
pub use arn::{CallerArn, CallerArnError, SignedCaller};
pub use caller::{Caller, Token, address};
pub use catalogue::{
    BreakGlass, Catalogue, Entitlement, Escalation, GrantTemplate, Holder, People, Percent,
    StepTemplate, TicketPattern,
};
pub use roster::{Directory, Profile, Requester};
