//! The things that IAM names: users and roles, and the managed policies they hold.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::value::written_as_text;

/// A user or role, to which a grant is made in IAM.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// An IAM user.
    User(PrincipalName),
    /// An IAM role, and so everybody who may assume it.
    Role(PrincipalName),
}

impl Principal {
    /// Its name, in IAM's own case.
    pub fn name(&self) -> &PrincipalName {
        match self {
            Self::User(name) | Self::Role(name) => name,
        }
    }

    /// The condition on `aws:userid` that callers acting as this principal meet: the operator, and
    /// the value to compare with.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable>
    pub(crate) fn userid(&self, id: &UniqueId) -> (&'static str, String) {
        match self {
            Self::User(_) => ("StringEquals", id.to_string()),
            Self::Role(_) => ("StringLike", format!("{id}:*")),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "IAM user {name}"),
            Self::Role(name) => write!(f, "IAM role {name}"),
        }
    }
}

/// The reason why a text is not a name that IAM takes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PrincipalError {
    /// Not the name of a user or a role.
    #[error("an IAM user or role has a name of 1 to 64 letters, digits or characters of `_+=,.@-`")]
    Name,
    /// Not a unique id.
    #[error("a unique id of IAM is 16 to 128 upper-case letters and digits")]
    UniqueId,
    /// Not the ARN of a managed policy.
    #[error(
        "a managed policy is named by an ARN such as `arn:aws:iam::aws:policy/ReadOnlyAccess`, \
         without a comma and of at most 230 characters"
    )]
    Policy,
    /// Not the ARN of a role.
    #[error("a role is named by an ARN such as `arn:aws:iam::123456789012:role/deploy`")]
    Role,
    /// Not an external id.
    #[error("an external id has 2 to 1,224 letters, digits or characters of `_+=,.@:/-`")]
    ExternalId,
}

/// The name of an IAM user or role, in IAM's own case.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrincipalName(String);

impl PrincipalName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PrincipalName {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len()) && text.chars().all(is_of_a_name);
        if fits { Ok(Self(text.to_owned())) } else { Err(PrincipalError::Name) }
    }
}

/// The unique id of a user or role, which tells it from an earlier one of the same name.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UniqueId(String);

impl UniqueId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UniqueId {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (16..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(PrincipalError::UniqueId) }
    }
}

/// The ARN of a managed policy: one of AWS, or one of the account.
///
/// It has to fit into the value of a tag, because a tag marks the attachment as ours. That limits
/// its length, and rules out the comma.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyArn(String);

impl PolicyArn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PolicyArn {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = || {
            let (owner, path) = of_iam(text, ":policy/")?;
            Some((owner == "aws" || is_account(owner)) && !path.contains(','))
        };
        let fits = text.len() <= 230 && named() == Some(true);
        if fits { Ok(Self(text.to_owned())) } else { Err(PrincipalError::Policy) }
    }
}

/// The ARN of a role, here or in another account.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn(String);

impl RoleArn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The account it is in.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }

    /// The role as a principal of its own account.
    pub fn principal(&self) -> Option<Principal> {
        self.0.rsplit('/').next()?.parse().ok().map(Principal::Role)
    }
}

impl FromStr for RoleArn {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = || Some(is_account(of_iam(text, ":role/")?.0));
        let arn = Self(text.to_owned());
        let fits = text.len() <= 2048 && named() == Some(true) && arn.principal().is_some();
        if fits { Ok(arn) } else { Err(PrincipalError::Role) }
    }
}

/// The external id that the owner of a role in another account agreed on with us, so that nobody
/// can make us act for somebody else.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(String);

impl ExternalId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExternalId {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (2..=1224).contains(&text.len())
            && text.chars().all(|c| is_of_a_name(c) || ":/".contains(c));
        if fits { Ok(Self(text.to_owned())) } else { Err(PrincipalError::ExternalId) }
    }
}

/// The account and the path in an ARN of IAM: `arn:<partition>:iam::<account><kind><path>`. `None`
/// if the text is not such an ARN.
fn of_iam<'a>(arn: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let (owner, path) = arn.split_once(kind)?;
    let (partition, account) = owner.strip_prefix("arn:")?.split_once(":iam::")?;
    let fits = partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        && path.chars().all(|c| is_of_a_name(c) || c == '/')
        && !path.is_empty()
        && !path.ends_with('/');
    fits.then_some((account, path))
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

written_as_text!(
    PrincipalName: PrincipalError,
    UniqueId: PrincipalError,
    PolicyArn: PrincipalError,
    RoleArn: PrincipalError,
    ExternalId: PrincipalError,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_managed_policy_is_named_by_its_whole_arn_and_by_nothing_else() {
        for fine in [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws-us-gov:iam::aws:policy/job-function/ViewOnlyAccess",
            "arn:aws:iam::123456789012:policy/team/deploy",
        ] {
            assert!(fine.parse::<PolicyArn>().is_ok(), "{fine}");
        }
        for wrong in [
            "ReadOnlyAccess",
            "arn:aws:iam::aws:policy/",
            "arn:aws:iam::1234:policy/x",
            "arn:aws:iam::aws:role/x",
            "arn:aws:iam::123456789012:policy/a,b",
            &format!("arn:aws:iam::aws:policy/{}", "x".repeat(230)),
        ] {
            assert_eq!(wrong.parse::<PolicyArn>(), Err(PrincipalError::Policy), "{wrong}");
        }
    }
}
