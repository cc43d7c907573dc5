//! Who may ask for what, for how long, and who decides: the rules, as data.
//!
//! # Theory of operation
//!
//! Administrators keep a directory under version control:
//!
//! ```text
//! entitlements.toml   what may be asked for, by whom, how long, who approves
//! people.toml         who there is, and which ARNs are theirs
//! policies/*.json     the IAM policies that entitlements grant
//! ```
//!
//! [`Sources::read`] reads it, [`Sources::check`] turns it into a [`RuleSet`] or
//! names everything that is wrong with it. A set is rejected whole or taken
//! whole. It is published as one value under its [`digest`](RuleSet::digest), and
//! each request pins the digest it was judged by.
//!
//! [`RuleSet::judge`] is the only door: it answers an ask with what it would
//! take ([`Verdict::NeedsApproval`]) or with every reason why not
//! ([`Verdict::Deny`]). Silence means no: who is not named may not.
//!
//! Conditions beyond lists of people belong beside `judge`, as one more source
//! of denials; nothing else in the tree asks who may do what.

mod catalogue;
mod check;
mod judge;
mod principal;
mod source;

pub use catalogue::{Entitlement, GrantTemplate, Profile, RuleSet};
pub use check::RulesError;
pub use judge::{Asking, Denial, Verdict};
pub use principal::{PrincipalArn, PrincipalArnError};
pub use source::Sources;
