//! Who there is, how they call, and what may be asked for.

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
