//! Judging of drafts, of decisions and openings, and of publications.

mod publishing;
mod recheck;
mod ruling;

pub use publishing::Publishers;
pub use recheck::MayOpen;
pub use ruling::{RequestDraft, Ruling, Urgency};
