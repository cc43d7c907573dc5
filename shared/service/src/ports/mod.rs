//! The ports, through which the service reaches everything outside, in the shape of its use
//! cases.

mod attachments;
mod iam;
mod mail;
mod record;
mod rules;
mod store;
mod sts;

pub use attachments::{Attachments, BarsLog, DriftLog};
pub use iam::{
    Applied, FoundRole, IamRead, IamWrite, Identity, Inventory, Mark, OwnPolicy, Quotas, RoleLookup,
};
pub use mail::{Deliveries, Listeners, Mail, Mailer};
pub use record::{
    Appended, Arrivals, Arrived, Aside, Checkpoints, Copied, Copies, Histories, HistoryPage,
    Ledger, Signer,
};
pub use rules::{InForce, PolicyTexts, Proposal, Publications, Rulebook};
pub use store::{
    Committed, Created, Cursor, Due, DueAfter, DuePage, EarlierUse, IdempotencyKey, Lane, Links,
    Loaded, PARTS, Part, Snapshot, Store, StoredPage,
};
pub use sts::{Minted, Minter};
