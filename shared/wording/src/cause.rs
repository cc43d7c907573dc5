//! The causes for which access could not be opened, each with advice.

use domain::request::Cause;

/// The cause in words, with advice on what to do next.
pub fn advice(cause: &Cause) -> String {
    let fixed = match cause {
        Cause::PrincipalGone => {
            "the IAM user or role does not exist any more; ask an administrator"
        }
        Cause::PrincipalReplaced => {
            "another IAM user or role has its name by now, and was not meant; ask again"
        }
        Cause::PolicyGone => "the managed policy does not exist; ask an administrator",
        Cause::LimitExceeded => {
            "the IAM user or role has no room for another policy; wait until another grant ends"
        }
        Cause::PolicyRefused => {
            "IAM does not accept the policy of this entitlement; ask an administrator to mend it"
        }
        Cause::NotPermitted => {
            "this deployment may not give access to the IAM user or role; ask an administrator"
        }
        Cause::TooLate => "it could not be opened while its window lasted; ask again",
        Cause::RulesChanged { reasons } => {
            return format!("the rules have changed since: {}; ask again", reasons.join("; "));
        }
    };
    fixed.to_owned()
}
