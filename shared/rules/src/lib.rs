//! The rules: which person may request which entitlement, for how long, and who decides.
//!
//! # Theory of operation
//!
//! Administrators keep a directory under version control:
//!
//! ```text
//! entitlements.toml   entitlements: their bounds, their approvers, and their grants
//! people.toml         people, their managers and groups, and their callers
//! *.cedar             the set's own rules: who may do what, and when
//! policies/*.json     the IAM policies that entitlements grant
//! tests.toml          drafts and expected rulings; not part of the set
//! ```
//!
//! [`Sources::read`](source::Sources::read) reads it. [`Sources::check`](source::Sources::check)
//! turns it into a [`RuleSet`](source::RuleSet), or names all of its problems, each with its place.
//! A set is accepted or rejected as a whole. It is published as the files themselves, under the
//! digest of their content. Every reader checks it again, so that a broken set decides nothing.
//!
//! There are two languages, with one question each. TOML says *what and how*: bounds, steps,
//! quorums, and grants. Cedar says *who and when*: the base turns `requesters` and `approvers` into
//! policies, and sets add `permit` and `forbid` rules of their own. Without a `permit` the answer
//! is no, and a `forbid` wins over every `permit`. Every [`Denial`] names its rule, its reason and
//! the way out.
//!
//! * [`RuleSet::judge`](source::RuleSet::judge) judges a draft: it opens
//!   ([`Ruling::Allow`](judge::Ruling::Allow)), people decide
//!   ([`Ruling::NeedsApproval`](judge::Ruling::NeedsApproval)), or it is denied
//!   ([`Ruling::Deny`](judge::Ruling::Deny)).
//! * [`RuleSet::may_decide`](source::RuleSet::may_decide) and
//!   [`RuleSet::may_open`](source::RuleSet::may_open) judge a request again by the rules in force:
//!   when a person decides, and when it opens. Code that opens a request takes
//!   [`MayOpen`](judge::MayOpen), which only the latter gives.
//! * [`RuleSet::may_publish`](source::RuleSet::may_publish) says whether a caller may replace this
//!   set by another.
//! * [`RuleSet::advice`](source::RuleSet::advice) finds parts of a sound set that an administrator
//!   should look at.
//! * [`RuleSet::review`](source::RuleSet::review) finds faults of a sound set in use: nobody can
//!   make a request, or a quorum cannot be reached.
//!
//! # Where things go
//!
//! A new rule of IAM about policies belongs in `iam`, and an action whose effects stay belongs
//! in `iam/lasting.txt`. A new bound of an entry is a field of
//! [`Entitlement`](directory::Entitlement), read in `source/entries.rs` and checked in `judge`. A
//! new fact for rules stands in `cedar/schema.cedarschema` and `cedar/facts.rs`. A new kind of
//! thing that people may do is an action there and a method of [`RuleSet`](source::RuleSet).

mod cedar;
mod denial;
pub mod directory;
mod iam;
pub mod judge;
pub mod source;
pub mod tools;

pub use denial::Denial;
