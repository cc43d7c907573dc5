//! The mark by which one deployment knows its own in an account.

use std::{fmt, str::FromStr};

use crate::Digest;

/// A deployment's mark in names and tags of IAM: eight hexadecimal digits. Two
/// deployments in one account have two, and neither takes the grants of the other for
/// left over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Deployment(String);

impl Deployment {
    /// The mark of the stack of this name in this region: the two name it in an account.
    pub fn of_stack(region: &str, stack: &str) -> Self {
        let digest = Digest::of_bytes(
            "portcullis/deployment/v1",
            &[region.as_bytes(), b"/", stack.as_bytes()],
        );
        Self(digest.to_string().chars().take(8).collect())
    }

    /// The mark as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Deployment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err("a mark is 8 hexadecimal digits".to_owned())
        }
    }
}
