//! Facts of the domain as people read them, in mails, on the page, and at a terminal.
//!
//! The core keeps facts; each sentence that more than one of its readers sees stands here.

mod cause;
mod grant;
mod list;
mod time;

pub use cause::advice;
pub use grant::{Clause, acts_as, clauses, ending};
pub use list::{counted, list_of};
pub use time::{duration, time};
