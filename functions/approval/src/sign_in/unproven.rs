//! The reasons why a sign-in proves nobody, in words for the person who tried.

/// The reason why a sign-in proves nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInProblem {
    /// This browser has no sign-in.
    Nobody,
    /// The sign-in was broken off, or begun in another browser.
    Elsewhere,
    /// The provider refused the sign-in, or gave us no ID token.
    Refused,
    /// The sign-in is too long ago.
    Stale,
    /// The provider does not name the time of the sign-in.
    Timeless,
    /// The ID token is larger than a cookie may be.
    TooLarge,
    /// The ID token is not the provider's, or not for this browser.
    Wrong,
}

impl SignInProblem {
    /// The advice to the person, or `None` if they have not tried to sign in.
    pub(crate) fn advice(self) -> Option<&'static str> {
        match self {
            Self::Nobody => None,
            Self::Elsewhere => Some(
                "The sign-in was broken off, took too long, or was begun in another browser. \
                 Open the link from your mail again, and sign in from there.",
            ),
            Self::Refused => Some(
                "The identity provider did not let you in. Try again; if it refuses again, \
                 an administrator has to look at how it knows this service.",
            ),
            Self::Stale => Some(
                "Your sign-in is too long ago. Sign in again; if you are not asked for \
                 anything there, sign out of the identity provider first.",
            ),
            Self::Timeless => Some(
                "The identity provider does not say when you signed in. An administrator has \
                 to have it send `auth_time`.",
            ),
            Self::TooLarge => Some(
                "The identity provider says more about you than a browser keeps. An \
                 administrator has to have it send less, such as no groups.",
            ),
            Self::Wrong => Some("Your sign-in does not count here. Sign in again."),
        }
    }
}
