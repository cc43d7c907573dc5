//! Publishers: people whom the rules in force let `publish`, and callers whom the deployment names.

use std::{collections::BTreeSet, str::FromStr};

use domain::value::{Basis, CallContext, Person};

use crate::{
    Denial,
    directory::sessions_of_role,
    directory::{Caller, CallerArn},
    source::RuleSet,
};

/// Callers whom the deployment names. They publish the first rule set, and a sound one when nobody
/// else can. No rule can forbid it, and each publication records who they are.
///
/// The text form is ARNs of IAM users and roles, separated by commas. An empty text names nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publishers(BTreeSet<String>);

impl Publishers {
    /// Whether this caller is one of them, as an IAM user or by a session of a role.
    pub fn include(&self, caller: &Caller) -> bool {
        let Caller::Aws(signed) = caller else { return false };
        let role = signed.arn().session().map(|(role, _)| role);
        self.0.contains(signed.arn().as_str()) || role.is_some_and(|role| self.0.contains(role))
    }
}

impl FromStr for Publishers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = text.split(',').map(str::trim).filter(|arn| !arn.is_empty());
        let known = |arn: &str| {
            let user = arn.parse::<CallerArn>().ok().filter(|arn| arn.user().is_some());
            let user = user.map(|arn| arn.as_str().to_owned());
            user.or_else(|| sessions_of_role(arn))
                .ok_or_else(|| format!("`{arn}` is no ARN of an IAM user or role"))
        };
        named.map(known).collect::<Result<_, _>>().map(Self)
    }
}

impl RuleSet {
    /// Whether these rules let this caller publish another set in their place. Returns the person,
    /// and the rules relied on.
    pub fn may_publish(
        &self,
        caller: &Caller,
        call: CallContext,
    ) -> Result<(Person, Basis), Vec<Denial>> {
        let requester = self.directory.identify(caller).map_err(|denial| vec![denial])?;
        let by = self.engine.may_publish(&requester.person, &call)?;
        Ok((requester.person, Basis { rule_set: self.digest, rule_ids: by }))
    }

    /// Whether two people must publish the set that replaces this one.
    pub fn takes_two_publishers(&self) -> bool {
        self.two_publishers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::SignedCaller;

    #[test]
    fn a_publisher_is_a_user_or_holds_a_session_of_a_role_and_nobody_is_one_by_default() {
        let named = "arn:aws:iam::123456789012:user/ops/dora, arn:aws:iam::123456789012:role/x/ci";
        let publishers: Publishers = named.parse().unwrap();
        let caller = |arn: &str| Caller::Aws(SignedCaller::new(arn.parse().unwrap(), None));
        for (arn, is_one) in [
            ("arn:aws:iam::123456789012:user/ops/dora", true),
            ("arn:aws:sts::123456789012:assumed-role/ci/build-7", true),
            ("arn:aws:iam::123456789012:user/dora", false),
            ("arn:aws:sts::123456789012:assumed-role/ci2/build-7", false),
            ("arn:aws:sts::999999999999:assumed-role/ci/build-7", false),
        ] {
            assert_eq!(publishers.include(&caller(arn)), is_one, "{arn}");
        }
        assert!(!Publishers::default().include(&caller("arn:aws:iam::123456789012:user/dora")));
        assert_eq!("".parse::<Publishers>(), Ok(Publishers::default()));
        for wrong in ["*", "arn:aws:iam::123456789012:root", "arn:aws:iam::*:role/ci", "dora"] {
            assert!(wrong.parse::<Publishers>().is_err(), "{wrong}");
        }
    }
}
