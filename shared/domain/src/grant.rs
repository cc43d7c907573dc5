//! What is made true in AWS while a window is open.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Digest, PolicyDocument, RequestId, Window, id::written_as_text};

/// What is shown to the approver, pinned on the request and put into IAM: the
/// same thing all the way, named by its [`digest`](Grant::digest).
///
/// A new kind of grant is a new variant here; the compiler then asks the adapter
/// how it opens and how it closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Grant {
    /// One inline policy of its own on one IAM user, fenced with the window.
    InlinePolicy {
        /// Whom it is put on.
        user: UserName,
        /// What it allows, without the fence.
        policy: PolicyDocument,
    },
}

impl Grant {
    /// Names the content of the grant; the approver's yes is to this digest.
    pub fn digest(&self) -> Digest {
        Digest::of("portcullis/grant/v1", self)
    }

    /// The IAM user that gets it.
    pub fn user(&self) -> &UserName {
        match self {
            Self::InlinePolicy { user, .. } => user,
        }
    }

    /// The name of the kind, as in the catalogue.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InlinePolicy { .. } => "inline_policy",
        }
    }
}

/// The name our inline policies carry in IAM: `portcullis-<id>-<ends epoch>`.
///
/// It says whose it is and when it is over to whoever only has IAM to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyName(String);

impl PolicyName {
    /// The name for the grant of one request.
    pub fn new(request: &RequestId, window: Window) -> Self {
        Self(format!("portcullis-{request}-{}", window.ends_at().as_second()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not the name of an IAM user.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("an IAM user name has 1 to 64 letters, digits or characters of `_+=,.@-`")]
pub struct UserNameError;

/// The name of an IAM user, in IAM's own case.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html>
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(String);

impl UserName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = UserNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
        if fits { Ok(Self(text.to_owned())) } else { Err(UserNameError) }
    }
}

written_as_text!(UserName: UserNameError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_name_says_whose_it_is_and_when_it_is_over() {
        let now = "2026-05-04T10:00:00Z".parse().unwrap();
        let window = Window::opening(now, "1h".parse().unwrap());
        let name = PolicyName::new(&RequestId::from_random([1; 10]), window);
        assert_eq!(name.as_str(), "portcullis-01010101010101010101-1777892400");
    }

    #[test]
    fn another_user_or_another_policy_is_another_digest() {
        let grant = |user: &str, action: &str| Grant::InlinePolicy {
            user: user.parse().unwrap(),
            policy: PolicyDocument::from_json(&format!(
                r#"{{"Version":"2012-10-17","Statement":[
                   {{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
            ))
            .unwrap(),
        };
        let ann = grant("ann", "s3:GetObject").digest();
        assert_eq!(ann, grant("ann", "s3:GetObject").digest());
        assert_ne!(ann, grant("bob", "s3:GetObject").digest());
        assert_ne!(ann, grant("ann", "s3:PutObject").digest());
    }
}
