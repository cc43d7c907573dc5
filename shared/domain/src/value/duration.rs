//! A duration: a whole, positive number of seconds.

use std::{fmt, str::FromStr};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The reason why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DurationError {
    /// Neither ISO 8601 nor the friendly form.
    #[error("write a duration as `PT2H30M` or `2h30m`")]
    Malformed,
    /// Zero, negative or with a fraction of a second.
    #[error("a duration is a whole number of seconds, at least one")]
    NotPositive,
    /// Longer than [`Duration::MAX`].
    #[error("a duration is at most 365 days")]
    TooLong,
}

/// A length of time from one second to 365 days, in whole seconds.
///
/// It is read as ISO 8601 (`PT2H30M`) or as people write it (`2h30m`), and written as ISO 8601. IAM
/// compares dates by the second, so no duration is finer than that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration(SignedDuration);

impl Duration {
    /// The longest duration: 365 days.
    pub const MAX: Self = Self(SignedDuration::from_hours(365 * 24));

    /// A month, taken as 30 days.
    pub const MONTH: Self = Self(SignedDuration::from_hours(30 * 24));

    /// The duration as a [`SignedDuration`]. It is always positive.
    pub fn as_signed(self) -> SignedDuration {
        self.0
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed: SignedDuration = text.parse().map_err(|_| DurationError::Malformed)?;
        if parsed.subsec_nanos() != 0 || parsed.as_secs() <= 0 {
            return Err(DurationError::NotPositive);
        }
        if parsed > Self::MAX.0 { Err(DurationError::TooLong) } else { Ok(Self(parsed)) }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl TryFrom<String> for Duration {
    type Error = DurationError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_in_both_forms_and_written_in_one() {
        for text in ["PT2H30M", "2h30m", "2h 30m", "150m", "PT9000S"] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), "PT2H30M", "{text}");
        }
    }

    #[test]
    fn what_is_not_a_whole_positive_time_is_refused() {
        use DurationError::{Malformed, NotPositive, TooLong};
        for (text, error) in [
            ("", Malformed),
            ("soon", Malformed),
            ("PT1H1H", Malformed),
            ("1h1h", Malformed),
            ("20", Malformed),
            ("P1M", Malformed),
            ("PT0S", NotPositive),
            ("0s", NotPositive),
            ("-1h", NotPositive),
            ("-PT1H", NotPositive),
            ("PT0.5S", NotPositive),
            ("9000h", TooLong),
        ] {
            assert_eq!(text.parse::<Duration>(), Err(error), "{text}");
        }
    }
}
