//! Judging: new requests, answers to what was asked, and who may publish.

mod publishing;
mod recheck;
mod ruling;

pub use publishing::Publishers;
pub use recheck::MayOpen;
pub use ruling::{RequestDraft, Ruling, Urgency};
