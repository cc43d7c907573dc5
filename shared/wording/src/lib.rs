//! Facts of the domain as people read them, in mails, on the page, and at a terminal.
//!
//! The core keeps facts. Sentences about them that are shown in more than one place are here.

mod cause;
mod grant;
mod list;
mod time;

pub use cause::advice;
pub use grant::{Clause, acts_as, clauses, ending};
pub use list::{counted, list_of};
pub use time::{duration, time};
