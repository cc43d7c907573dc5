//! Why a sign-in proves nobody, in words for whoever tried.

/// Why a sign-in proves nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInProblem {
    /// Nobody has signed in in this browser.
    Nobody,
    /// It was broken off, or begun in another browser.
    Elsewhere,
    /// The provider does not let them in, or not for us.
    Refused,
    /// It is too long ago.
    Stale,
    /// The provider does not say when it was.
    Timeless,
    /// The provider says more than a browser keeps.
    TooLarge,
    /// It is not what the provider says, or not about this browser.
    Wrong,
}

impl SignInProblem {
    /// What to do about it; nothing for somebody who has not tried.
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
