//! The one free text people write, made harmless to read.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text is no reason.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReasonError {
    /// Nothing but white space.
    #[error("a reason is required")]
    Empty,
    /// More than [`Reason::MAX_CHARS`] characters.
    #[error("a reason has at most {} characters", Reason::MAX_CHARS)]
    TooLong,
    /// A character that hides or reorders what is read.
    #[error("a reason is one line of visible text; U+{0:04X} is not allowed")]
    Invisible(u32),
}

/// Why somebody wants or decides something: one line, 1 to 1,000 characters.
///
/// It is kept as written, shown escaped, and never logged. Characters that are
/// not seen but change what is seen (controls, line separators, blanks that are
/// letters, and the direction marks of Unicode's `Bidi_Control`) are refused, because a reason is
/// read by somebody who is about to say yes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

impl Reason {
    /// The longest reason, in characters.
    pub const MAX_CHARS: usize = 1_000;

    /// The reason as written, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many characters it has.
    pub fn chars(&self) -> usize {
        self.0.chars().count()
    }
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReasonError::Empty);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(ReasonError::TooLong);
        }
        match text.chars().find(|&c| is_deceptive(c)) {
            Some(c) => Err(ReasonError::Invisible(u32::from(c))),
            None => Ok(Self(text.to_owned())),
        }
    }
}

fn is_deceptive(c: char) -> bool {
    let reorders = matches!(c, '\u{061C}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    let hides = matches!(
        c,
        '\u{00AD}' | '\u{115F}'..='\u{1160}' | '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{2800}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}'
    );
    c.is_control() || reorders || breaks || hides
}

/// Free text stays out of logs even when somebody prints a whole request.
impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{} characters…", self.0.chars().count())
    }
}

impl TryFrom<String> for Reason {
    type Error = ReasonError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_line_that_shows_what_it_says() {
        let reason: Reason = "  incident 4711: größer als gedacht 👩‍🚒 ".parse().unwrap();
        assert_eq!(reason.as_str(), "incident 4711: größer als gedacht 👩‍🚒");
        assert_eq!("x".repeat(1_001).parse::<Reason>(), Err(ReasonError::TooLong));
        assert_eq!(" \t\n ".parse::<Reason>(), Err(ReasonError::Empty));
        for hidden in
            ['\0', '\r', '\u{7f}', '\u{202E}', '\u{2066}', '\u{200F}', '\u{2028}', '\u{3164}']
        {
            assert_eq!(
                format!("a{hidden}b").parse::<Reason>(),
                Err(ReasonError::Invisible(u32::from(hidden)))
            );
        }
    }

    #[test]
    fn printing_a_reason_does_not_print_what_somebody_wrote() {
        let reason: Reason = "customer Jo Doe called".parse().unwrap();
        assert_eq!(format!("{reason:?}"), "…22 characters…");
    }
}
