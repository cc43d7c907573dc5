//! DynamoDB: requests with their histories, links, rules, and the audit record.
//!
//! | table | partition key | sort key | what |
//! |---|---|---|---|
//! | requests | `REQ#<id>` | `STATE` | the request, its version, what the indexes need |
//! | requests | `REQ#<id>` | `EVENT#<seq>` | one entry of its history |
//! | requests | `IDEM#<digest of the caller>#<key>` | `-` | what an idempotency key was used for, for a day |
//! | requests | `ASKS#<person>` | `-` | what they have under way, for the bound on asks |
//! | requests | `RULES` | `CURRENT` | which rules are in force, by which publication |
//! | requests | `RULES` | `PROPOSED` | a set that waits for a second publisher |
//! | requests | `RULES` | `SET#<digest>` | a set of rules that was published, packed |
//! | requests | `RULES` | `EVENT#<seq>` | one publication |
//! | requests | `HOLD` | `<principal>#<policy>` | which grants hold a managed policy there |
//! | requests | `BARS` | `<role>` | whose sessions are kept out of a role |
//! | requests | `DRIFT#<when>` | `EVENT#<seq>` | what a look at IAM has found |
//! | links | `<digest of the secret>` | | a link, until an answer is worth nothing |
//! | audit | `REQ#<id>`, `RULES`, `DRIFT#<when>` | `<seq>` | a copy of one entry, never changed |
//!
//! Values are stored as the canonical JSON of their domain types in `body`, byte
//! for byte what was hashed; the other attributes only serve keys and conditions.

mod attachments;
mod audit;
mod bars;
mod deliveries;
mod drift;
#[cfg(test)]
mod golden;
mod links;
mod row;
mod rulebook;
mod store;
mod table;
mod transaction;

pub use audit::AuditTable;
pub use links::LinksTable;
pub use row::{line_of, request_of};
pub use rulebook::PublishedRules;
pub use store::RequestsTable;
