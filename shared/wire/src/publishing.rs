//! The outcome of publishing rules.

use domain::{history::Actor, value::Digest};
use serde::{Deserialize, Serialize};

/// The answer to `POST /rules`. Each outcome has matters that people should look at (`looks`), one
/// sentence each.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum PublishingDocument {
    /// The set came into force.
    InForce {
        /// The digest of the set.
        digest: Digest,
        /// The changes, a line each.
        changes: Vec<String>,
        /// The first publisher, where two people have to publish.
        proposed_by: Option<Actor>,
        /// Matters to look at.
        looks: Vec<String>,
    },
    /// The set waits for a second publisher.
    Proposed {
        /// The digest of the set.
        digest: Digest,
        /// The first publisher.
        proposed_by: Actor,
        /// Matters to look at.
        looks: Vec<String>,
    },
    /// The set was in force already.
    Unchanged {
        /// The digest of the set.
        digest: Digest,
        /// Matters to look at.
        looks: Vec<String>,
    },
    /// An outcome of a later version.
    #[serde(other)]
    Unknown,
}
