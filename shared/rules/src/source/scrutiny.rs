//! The strictness with which a set is checked.

/// The strictness with which IAM policies are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scrutiny {
    /// For a set to be published: all rules of IAM that we know are applied.
    New,
    /// For a set in force: only the checks that a grant relies on are applied.
    Published,
}
