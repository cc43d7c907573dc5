//! The ARN of a caller, as the authoriser of the API reports it.

use std::{fmt, str::FromStr};

use domain::grant::{PrincipalName, UniqueId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The error for a text that is not the ARN of a caller.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a caller is named by an ARN such as `arn:aws:iam::123456789012:user/ann`")]
pub struct CallerArnError;

/// The ARN of the caller who signed a call: an IAM user (`arn:<partition>:iam::<account>:user/…`),
/// a session of a role (`arn:<partition>:sts::<account>:assumed-role/<role>/<session>`), or a
/// federated user (`arn:<partition>:sts::<account>:federated-user/<name>`).
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallerArn(String);

impl CallerArn {
    /// The name of the IAM user; `None` for a session.
    pub fn user(&self) -> Option<PrincipalName> {
        let (_, resource) = self.0.split_once(":user/")?;
        resource.rsplit('/').next()?.parse().ok()
    }

    /// The account of the caller, 12 digits.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }

    /// For a session: its ARN without the session name, and the session name. For an assumed role,
    /// the first part is `arn:…:assumed-role/<role>`. The caller chose the session name, or
    /// Identity Center chose it for them. `None` for an IAM user.
    pub fn session(&self) -> Option<(&str, &str)> {
        if self.0.contains(":sts:") { self.0.rsplit_once('/') } else { None }
    }

    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The prefix of the names of roles that Identity Center creates.
const IDENTITY_CENTER: &str = "AWSReservedSSO_";

/// A caller who signed with AWS credentials, as the authoriser of the API reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCaller {
    arn: CallerArn,
    unique_id: Option<UniqueId>,
    of_identity_center: bool,
}

impl SignedCaller {
    /// Makes a caller from its ARN and its `userId`: the unique id of a user; or the unique id of a
    /// role, a colon and the session name.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable>
    pub fn new(arn: CallerArn, user_id: Option<&str>) -> Self {
        let unique_id = user_id.and_then(|id| id.split(':').next()?.parse().ok());
        Self { arn, unique_id, of_identity_center: false }
    }

    /// Marks the caller as one of Identity Center: its role was found at the path that only
    /// Identity Center writes to. The ARN of a session does not show the path.
    #[must_use]
    pub fn verified_as_identity_center(self) -> Self {
        Self { of_identity_center: true, ..self }
    }

    /// The ARN.
    pub fn arn(&self) -> &CallerArn {
        &self.arn
    }

    /// The unique id of the user, or of the role of a session. `None` if the authoriser reported no
    /// valid one.
    pub fn unique_id(&self) -> Option<&UniqueId> {
        self.unique_id.as_ref()
    }

    /// The name of the role, if it begins like those of Identity Center; otherwise `None`. It
    /// proves nothing: anybody who may create roles can choose such a name.
    pub fn named_as_identity_center(&self) -> Option<PrincipalName> {
        let (giver, _) = self.arn.session()?;
        let (_, role) = giver.split_once(":assumed-role/")?;
        if role.starts_with(IDENTITY_CENTER) { role.parse().ok() } else { None }
    }

    /// Whether the role was found at the path of Identity Center.
    pub(crate) fn is_of_identity_center(&self) -> bool {
        self.of_identity_center
    }
}

impl fmt::Display for SignedCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.arn, f)
    }
}

/// The beginning of the ARNs of a role's sessions: `arn:aws:iam::<account>:role/<path>/<name>`
/// becomes `arn:aws:sts::<account>:assumed-role/<name>`. `None` for a text that is not the ARN of a
/// role.
pub(crate) fn sessions_of_role(arn: &str) -> Option<String> {
    let (account, role) = arn.split_once(":role/")?;
    let (partition, account) = account.split_once(":iam::")?;
    let name = role.rsplit('/').next()?;
    let session = format!("{partition}:sts::{account}:assumed-role/{name}");
    format!("{session}/x").parse::<CallerArn>().is_ok().then_some(session)
}

impl FromStr for CallerArn {
    type Err = CallerArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<_> = text.splitn(6, ':').collect();
        let &[arn, partition, service, "", account, resource] = parts.as_slice() else {
            return Err(CallerArnError);
        };
        let kind = resource.split_once('/').map(|(kind, _)| kind);
        let fits = text.len() <= 2048
            && text.bytes().all(|b| b.is_ascii_graphic())
            && arn == "arn"
            && !partition.is_empty()
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && matches!(
                (service, kind),
                ("iam", Some("user")) | ("sts", Some("assumed-role" | "federated-user"))
            );
        if fits { Ok(Self(text.to_owned())) } else { Err(CallerArnError) }
    }
}

impl fmt::Display for CallerArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CallerArn {
    type Error = CallerArnError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CallerArn> for String {
    fn from(arn: CallerArn) -> Self {
        arn.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_user_is_the_end_of_its_arn() {
        let user = |arn: &str| arn.parse::<CallerArn>().unwrap().user();
        assert_eq!(user("arn:aws:iam::123456789012:user/ann"), Some("ann".parse().unwrap()));
        assert_eq!(user("arn:aws:iam::123456789012:user/eng/x/ann"), Some("ann".parse().unwrap()));
        assert_eq!(user("arn:aws:sts::123456789012:assumed-role/dev/user"), None);
    }

    #[test]
    fn what_no_authoriser_would_report_is_no_caller() {
        for wrong in [
            "",
            "ann",
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::1234:user/ann",
            "arn:aws:s3:::bucket/key",
            "arn:aws:iam::123456789012:user/a n n",
        ] {
            assert_eq!(wrong.parse::<CallerArn>(), Err(CallerArnError), "{wrong}");
        }
    }
}
