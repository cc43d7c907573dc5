//! Who may ask for what, for how long, and who decides.
//!
//! # Theory of operation
//!
//! Administrators keep a directory under version control:
//!
//! ```text
//! entitlements.toml   what may be asked for, what it takes, how it is granted
//! people.toml         who there is, who leads whom, and which callers are whom
//! *.cedar             who may do what, when: rules of their own
//! policies/*.json     the IAM policies that entitlements grant
//! tests.toml          what the rules should say; not part of the set
//! ```
//!
//! [`Sources::read`] reads it, and [`Sources::check`] turns it into a [`RuleSet`]
//! or names everything that is wrong with it, each with its place. A set is taken
//! whole or rejected whole. It is published as the files themselves, under the
//! digest of their content, and checked again by whoever loads it: a broken set
//! decides nothing.
//!
//! Two languages, one question each. TOML says *what and how*: bounds, steps,
//! quorums, the grant. Cedar says *who and when*: the base turns `requesters` and
//! `approvers` into policies, and sets add `permit` and `forbid` of their own.
//! Silence means no, `forbid` wins, and every no names its rule, its reason and
//! the way out ([`Denial`]).
//!
//! * [`RuleSet::judge`] answers an ask: it opens ([`Ruling::Allow`]), people
//!   decide ([`Ruling::NeedsApproval`]), or it may not be ([`Ruling::Deny`]).
//! * [`RuleSet::may_decide`] and [`RuleSet::may_open`] judge what was pinned again
//!   by the rules in force: when somebody decides, and when it opens. What opens
//!   anything takes [`MayOpen`], which only the latter gives.
//! * [`RuleSet::may_publish`] says who may put another set in the place of this one.
//! * [`RuleSet::advice`] finds what is sound and should be looked at all the same.
//! * [`RuleSet::review`] finds what is sound by the letter and useless in fact: a
//!   set that lets nobody in, a quorum nobody can reach.
//!
//! # Where things go
//!
//! A new rule of IAM's about policies belongs into `iam`, and what stays of what they allow
//! into `iam/lasting.txt`. A new bound of an entry is a field of [`Entitlement`], read in
//! `entries` and held in `judge`. A new fact that rules may look at stands in
//! `cedar/schema.cedarschema` and `cedar/facts.rs`. A new thing somebody may do is
//! an action there and a method of [`RuleSet`].

mod cedar;
mod denial;
pub mod directory;
mod iam;
pub mod judge;
pub mod source;
pub mod tools;

pub use denial::Denial;
