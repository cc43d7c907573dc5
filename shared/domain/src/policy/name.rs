//! The names our inline policies carry in IAM: what whoever only has IAM to look at knows.

use jiff::Timestamp;

use crate::{RequestId, Window};

/// The name of an inline policy of ours: `portcullis-<id>-<ends epoch>`.
///
/// It says whose it is and when it is over to whoever only has IAM to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyName(String);

impl PolicyName {
    /// The name for the grant of one request.
    pub fn new(request: &RequestId, window: Window) -> Self {
        Self(format!("portcullis-{request}-{}", window.ends_at().as_second()))
    }

    /// The name of the bar on the sessions of one request.
    pub fn of_bar(request: &RequestId, until: Timestamp) -> Self {
        Self(format!("portcullis-bar-{request}-{}", until.as_second()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an inline policy of ours is there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// It is the grant of this request.
    Grant(RequestId),
    /// It bars the sessions of this request.
    Bar(RequestId),
}

impl Purpose {
    /// Reads it from a name. None for a policy that is somebody else's.
    pub fn of(policy: &str) -> Option<Self> {
        let named = policy.strip_prefix("portcullis-")?;
        let (named, purpose): (_, fn(RequestId) -> Self) = match named.strip_prefix("bar-") {
            Some(barred) => (barred, Self::Bar),
            None => (named, Self::Grant),
        };
        let (request, until) = named.split_once('-')?;
        Timestamp::from_second(until.parse().ok()?).ok()?;
        Some(purpose(request.parse().ok()?))
    }

    /// The request it is named for.
    pub fn request(&self) -> &RequestId {
        match self {
            Self::Grant(request) | Self::Bar(request) => request,
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
        let name = PolicyName::new(&id, window);
        assert_eq!(name.as_str(), "portcullis-01010101010101010101-1777892400");
        assert_eq!(Purpose::of(name.as_str()), Some(Purpose::Grant(id.clone())));
        let bar = PolicyName::of_bar(&id, window.ends_at());
        assert_eq!(bar.as_str(), "portcullis-bar-01010101010101010101-1777892400");
        assert_eq!(Purpose::of(bar.as_str()), Some(Purpose::Bar(id)));
        for others in ["portcullis-deploy-1777892400", "portcullis-is-great", "use-portcullis"] {
            assert_eq!(Purpose::of(others), None, "{others}");
        }
    }
}
