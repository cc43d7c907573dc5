//! DynamoDB: requests with their histories, links, rules, and the audit record.
//!
//! | table | partition key | sort key | content |
//! |---|---|---|---|
//! | requests | `REQ#<id>` | `STATE` | the request, its version, the attributes of the indexes |
//! | requests | `REQ#<id>` | `EVENT#<seq>` | one entry of its history |
//! | requests | `IDEM#<digest of the caller>#<key>` | `-` | the use of an idempotency key, kept for a day |
//! | requests | `ASKS#<person>` | `-` | the outstanding requests of a person, which are bounded |
//! | requests | `RULES` | `CURRENT` | the digest of the set in force, and its publication |
//! | requests | `RULES` | `PROPOSED` | a set that waits for a second publisher |
//! | requests | `RULES` | `SET#<digest>` | a set of rules that was published, packed |
//! | requests | `RULES` | `EVENT#<seq>` | one publication |
//! | requests | `HOLD` | `<principal>#<policy>` | an attachment, with the grants that hold it |
//! | requests | `BARS` | `<role>` | the bars on a role |
//! | requests | `DRIFT#<time>` | `EVENT#<seq>` | one drift that a comparison with IAM found |
//! | requests | `MAIL#<id>` | `<seq>#<person>#<outcome>` | one delivery of a mail about the request |
//! | links | `<digest of the secret>` | | a link, until it expires |
//! | audit | `REQ#<id>`, `RULES`, `DRIFT#<time>` | `<seq>` | a copy of one entry, never changed |
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
mod histories;
mod links;
mod row;
mod rulebook;
mod store;
mod table;
mod transaction;

pub use audit::{AuditRow, AuditTable};
pub use links::LinksTable;
pub use row::{line_of, request_of};
pub use rulebook::PublishedRules;
pub use store::RequestsTable;
