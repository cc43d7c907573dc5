//! The mark by which one deployment knows its own policies and tags in an account.

use std::fmt;

use super::policy::Guard;
use crate::value::Digest;

/// A deployment's mark in names and tags of IAM: eight hexadecimal digits. Two deployments in one
/// account have different marks, so neither takes the grants of the other for leftovers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Deployment {
    mark: String,
    guard: Guard,
}

impl Deployment {
    /// The deployment of the stack with this name in this region. The two identify it in an
    /// account.
    pub fn of_stack(region: &str, stack: &str) -> Self {
        let digest = Digest::of_bytes(
            "portcullis/deployment/v1",
            &[region.as_bytes(), b"/", stack.as_bytes()],
        );
        let mark = digest.to_string().chars().take(8).collect();
        Self { mark, guard: Guard::of_stack(region, stack) }
    }

    /// The mark as text.
    pub fn as_str(&self) -> &str {
        &self.mark
    }

    /// Its own parts, which grants must not reach.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }
}

impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mark)
    }
}
