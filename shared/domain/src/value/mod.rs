//! Values that are checked when they are read: names, times, reasons, digests.

mod basis;
mod call;
mod digest;
mod duration;
mod id;
mod person;
mod reason;
mod start;
mod ticket;
mod window;

pub use basis::{Basis, RuleId, RuleIdError};
pub use call::CallContext;
pub(crate) use digest::write_sorted;
pub use digest::{Digest, canonical, canonical_text};
pub use duration::{Duration, DurationError};
pub(crate) use id::written_as_text;
pub use id::{EntitlementId, IdError, RequestId};
pub use person::{Person, PersonError};
pub use reason::{Reason, ReasonError};
pub use start::{Start, StartError};
pub use ticket::{Ticket, TicketError};
pub use window::Window;
