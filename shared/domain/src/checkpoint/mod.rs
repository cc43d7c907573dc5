//! Checkpoints: signed statements over all entries of the audit record, in a chain.
//!
//! A hash chain shows that an entry of one history was changed. It says nothing of a history that is
//! missing. A checkpoint covers every entry that arrived since the one before, counts them, and names
//! the digest of the statement before it. Anybody with the statements and the public key notices an
//! entry that was changed or is missing, wherever it stood (law 22).
//!
//! A checkpoint is two objects: a segment with the new entries, and a statement about it. The
//! statement is put last and under a name that only one writer can take. A segment without a
//! statement is a checkpoint that was cut short, and counts for nothing.

mod segment;
mod statement;
pub mod tree;

pub use segment::{Segment, root_of, unpacked};
pub use statement::{SignedStatement, Statement, StatementError};
