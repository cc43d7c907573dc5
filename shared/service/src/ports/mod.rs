//! The ports, through which the service reaches everything outside, in the shape of its use
//! cases.

mod iam;
mod mail;
mod rules;
mod store;

pub use iam::{
    Applied, Attachments, BarsLog, DriftLog, FoundRole, IamRead, IamWrite, Identity, Inventory,
    Mark, Minted, Minter, OwnPolicy, Quotas, RoleLookup,
};
pub use mail::{Deliveries, Listeners, Mail, Mailer};
pub use rules::{InForce, PolicyTexts, Proposal, Publications, Rulebook};
pub use store::{
    Appended, Committed, Created, Cursor, Due, DueAfter, DuePage, EarlierUse, IdempotencyKey, Lane,
    Ledger, Links, Loaded, PARTS, Part, Snapshot, Store, StoredPage,
};
