//! How closely a set is checked.

/// How closely policies are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scrutiny {
    /// By all that we know of IAM: the set is to be published.
    New,
    /// By what a grant rests on: the set is in force.
    Published,
}
