//! The names of our inline policies in IAM.

use jiff::Timestamp;

use crate::grant::Deployment;
use crate::value::{RequestId, Window};

/// The name of an inline policy of ours: `portcullis-<mark>-<id>-<ends epoch>`, or
/// `portcullis-<mark>-bars`.
///
/// A reader who sees only IAM learns from it which deployment put the policy there, for which
/// request, and when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyName(String);

impl PolicyName {
    /// The name for the grant of one request.
    pub fn new(of: &Deployment, request: &RequestId, window: Window) -> Self {
        Self(format!("portcullis-{of}-{request}-{}", window.ends_at().as_second()))
    }

    /// The name of the policy with all bars of a role.
    pub fn of_bars(of: &Deployment) -> Self {
        Self(format!("portcullis-{of}-{BARS}"))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The end of the name of the policy with the bars. No request has this id.
const BARS: &str = "bars";

/// The purpose of an inline policy of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// It is the grant of this request.
    Grant(RequestId),
    /// It keeps revoked sessions out of its role.
    Bars,
}

impl Purpose {
    /// Reads the purpose from the name of a policy. `None` for a policy of another deployment, or
    /// one that is not ours.
    pub fn of(deployment: &Deployment, policy: &str) -> Option<Self> {
        let (mark, named) = policy.strip_prefix("portcullis-")?.split_once('-')?;
        if mark != deployment.as_str() {
            return None;
        }
        if named == BARS {
            return Some(Self::Bars);
        }
        let (request, until) = named.split_once('-')?;
        Timestamp::from_second(until.parse().ok()?).ok()?;
        Some(Self::Grant(request.parse().ok()?))
    }

    /// The request that the policy is named for. `None` for bars.
    pub fn request(&self) -> Option<&RequestId> {
        match self {
            Self::Grant(request) => Some(request),
            Self::Bars => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_name_says_whose_it_is_what_it_is_for_and_when_it_is_over() {
        let now = "2026-05-04T10:00:00Z".parse().unwrap();
        let window = Window::opening(now, "1h".parse().unwrap());
        let id = RequestId::from_random([1; 10]);
        let (ours, other) = (
            Deployment::of_stack("eu-central-1", "pc"),
            Deployment::of_stack("eu-central-1", "pc2"),
        );
        let name = PolicyName::new(&ours, &id, window);
        assert_eq!(name.as_str(), format!("portcullis-{ours}-01010101010101010101-1777892400"));
        assert_eq!(Purpose::of(&ours, name.as_str()), Some(Purpose::Grant(id.clone())));
        assert_eq!(Purpose::of(&other, name.as_str()), None, "that of another deployment");
        let bars = PolicyName::of_bars(&ours);
        assert_eq!(bars.as_str(), format!("portcullis-{ours}-bars"));
        assert_eq!(Purpose::of(&ours, bars.as_str()), Some(Purpose::Bars));
        assert_eq!(Purpose::of(&other, bars.as_str()), None);
        for others in ["portcullis-deploy-1777892400", "portcullis-is-great", "use-portcullis"] {
            assert_eq!(Purpose::of(&ours, others), None, "{others}");
        }
    }
}
