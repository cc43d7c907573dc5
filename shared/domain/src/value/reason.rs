//! The reason, which is the only free text that people write, made safe to read.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The reason why a text is refused as a reason.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReasonError {
    /// It is empty, or only white space.
    #[error("a reason is required")]
    Empty,
    /// More than [`Reason::MAX_CHARS`] characters.
    #[error("a reason has at most {} characters", Reason::MAX_CHARS)]
    TooLong,
    /// It has a character that is invisible, or that reorders the text.
    #[error("a reason is one line of visible text; U+{0:04X} is not allowed here")]
    Invisible(u32),
}

/// A person's reason for a request or a statement: one line of 1 to 1,000 characters, at least one
/// of them visible.
///
/// Line breaks and tabs are read as blanks. Apart from that, the text is kept as written, shown
/// escaped, and never logged. Approvers read it before they say yes, so invisible characters that
/// change the visible text are refused: controls, direction marks, and the characters for which
/// fonts show nothing (Unicode's `Default_Ignorable_Code_Point`). Of these, joiners and variation
/// selectors are accepted where writing needs them, and are never counted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

impl Reason {
    /// The shortest reason for an answer, in visible characters. One letter explains nothing, and
    /// programs that fill in forms write one.
    pub const LEAST_CHARS: usize = 4;

    /// The longest reason, in characters.
    pub const MAX_CHARS: usize = 1_000;

    /// The reason as written, on one line, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number of visible characters. Blanks in a row count as one.
    pub fn chars(&self) -> usize {
        let words = self.0.split_whitespace();
        let seen = words.map(|word| word.chars().filter(|&c| !is_unseen(c)).count());
        seen.fold(0, |sum, word| sum + word + usize::from(sum > 0))
    }
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = on_one_line(text.trim());
        if text.chars().count() > Self::MAX_CHARS {
            return Err(ReasonError::TooLong);
        }
        let chars: Vec<char> = text.chars().collect();
        let hidden = chars.iter().enumerate().find(|&(at, &c)| {
            is_deceptive(c)
                || (is_unseen(c) && !is_needed(before(&chars, at), c, after(&chars, at)))
        });
        match hidden {
            Some((_, c)) => Err(ReasonError::Invisible(u32::from(*c))),
            None if text.is_empty() => Err(ReasonError::Empty),
            None => Ok(Self(text)),
        }
    }
}

/// The text with one blank in place of each line break or tab and the white space around it.
fn on_one_line(text: &str) -> String {
    let breaks = |c: char| matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if !text.contains(breaks) {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(breaks) {
        let (said, more) = rest.split_at(at);
        line.push_str(said.trim_end());
        line.push(' ');
        rest = more.trim_start();
    }
    line + rest
}

/// Whether no honest line has this character: controls, the separators of lines and paragraphs, and
/// the direction marks of Unicode's `Bidi_Control`.
fn is_deceptive(c: char) -> bool {
    let reorders = matches!(c, '\u{061C}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    c.is_control() || reorders || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a character is invisible: Unicode's `Default_Ignorable_Code_Point`
/// (<https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt>), and the few others
/// that fonts draw as nothing or as a blank.
fn is_unseen(c: char) -> bool {
    let ignorable = matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    );
    let blank = matches!(
        c,
        '\u{2800}' | '\u{FFF9}'..='\u{FFFC}' | '\u{13430}'..='\u{1343F}' | '\u{16FE4}' | '\u{1D159}'
    );
    ignorable || blank
}

/// Whether writing needs this invisible character between these two: a joiner between two pictures,
/// or between two letters of a script that joins; or a variation selector after a character that is
/// both a picture and a sign.
fn is_needed(before: Option<char>, c: char, after: Option<char>) -> bool {
    let both = |what: fn(char) -> bool| before.is_some_and(what) && after.is_some_and(what);
    match c {
        '\u{200C}' => both(is_joining),
        '\u{200D}' => both(is_joining) || both(is_picture),
        '\u{FE0E}' | '\u{FE0F}' => {
            before.is_some_and(|c| is_picture(c) || matches!(c, '0'..='9' | '#' | '*'))
        }
        _ => false,
    }
}

/// The character before this position. Before a zero-width joiner, a variation selector is skipped,
/// because it belongs to the picture before it.
fn before(chars: &[char], at: usize) -> Option<char> {
    let mut earlier = chars.get(..at)?.iter().rev().copied();
    let last = earlier.next()?;
    if last == '\u{FE0F}' && chars.get(at) == Some(&'\u{200D}') {
        earlier.next()
    } else {
        Some(last)
    }
}

fn after(chars: &[char], at: usize) -> Option<char> {
    chars.get(at + 1).copied()
}

/// Whether a script that is written with joiners has this letter or mark: the scripts from Arabic
/// to those of India and its neighbours, and Mongolian.
fn is_joining(c: char) -> bool {
    matches!(
        c,
        '\u{0620}'..='\u{0DFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17B3}'
            | '\u{17B6}'..='\u{17FF}' | '\u{1820}'..='\u{18AF}'
    )
}

/// Whether a character is an emoji or a skin colour of one. A few more signs count than in
/// Unicode's `Extended_Pictographic`.
fn is_picture(c: char) -> bool {
    matches!(
        c,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
            | '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{23FF}' | '\u{24C2}'
            | '\u{25A0}'..='\u{27BF}' | '\u{2900}'..='\u{297F}' | '\u{2B00}'..='\u{2BFF}'
            | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}'
    )
}

/// Shows only the length, so that free text stays out of logs even if a whole request is printed.
impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{} characters…", self.0.chars().count())
    }
}

/// Reads a stored reason. A reason that was accepted when fewer characters were refused is still
/// read, byte for byte, because it is part of a hashed entry.
impl TryFrom<String> for Reason {
    type Error = ReasonError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.trim().is_empty() {
            return Err(ReasonError::Empty);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(ReasonError::TooLong);
        }
        match text.chars().find(|&c| is_deceptive(c)) {
            Some(c) => Err(ReasonError::Invisible(u32::from(c))),
            None => Ok(Self(text)),
        }
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
        for hidden in ['\0', '\u{8}', '\u{7f}', '\u{202E}', '\u{2066}', '\u{200F}', '\u{3164}'] {
            assert_eq!(
                format!("a{hidden}b").parse::<Reason>(),
                Err(ReasonError::Invisible(u32::from(hidden)))
            );
        }
    }

    #[test]
    fn a_reason_of_nothing_to_be_seen_is_none() {
        for nothing in ["", " \t\n ", "\u{a0}\u{3000}", "\r\n\u{2028}\u{85}"] {
            assert_eq!(nothing.parse::<Reason>(), Err(ReasonError::Empty), "{nothing:?}");
        }
        for hidden in [
            "\u{34f}",
            "\u{200d}",
            "\u{200c}",
            "\u{fe0f}",
            "\u{115f}",
            "\u{1160}",
            "\u{3164}",
            "\u{ffa0}",
            "\u{180e}",
            "\u{17b4}",
            "\u{2065}",
            "\u{206a}",
            "\u{2800}",
            "\u{e0041}",
            "\u{e0101}",
            "\u{e01ef}",
            "\u{1d173}",
            "\u{1bca0}",
            "\u{fff9}",
            "\u{1d159}",
        ] {
            let of_it = |text: &str| text.parse::<Reason>().is_ok();
            assert!(!of_it(hidden), "{hidden:?} alone");
            assert!(!of_it(&format!("x{}", hidden.repeat(8))), "{hidden:?} behind a letter");
            assert!(!of_it(&format!("a{hidden}b")), "{hidden:?} inside a word");
        }
    }

    #[test]
    fn what_writing_needs_is_taken_and_not_counted() {
        for (written, seen) in [
            ("👩‍🚒", 2),
            ("👨‍👩‍👧‍👦 at home", 12),
            ("🏳️‍🌈", 2),
            ("👩🏽‍💻", 3),
            ("❤️‍🔥", 2),
            ("1️⃣ first", 8),
            ("می‌خواهم", 7),
            ("क्‍ष", 3),
            ("a    b", 3),
        ] {
            let reason: Reason = written.parse().unwrap();
            assert_eq!((reason.as_str(), reason.chars()), (written, seen));
        }
        for misused in
            ["👩‍x", "👩‍", "👩‍‍🚒", "a‍b", "م‌x", "x\u{fe0f}", "❤\u{fe0f}\u{fe0f}", "❤\u{fe00}"]
        {
            assert!(misused.parse::<Reason>().is_err(), "{misused:?}");
        }
    }

    #[test]
    fn line_breaks_and_tabs_are_blanks() {
        for (written, read) in [
            ("first\nsecond", "first second"),
            ("first \r\n\r\n  second\tthird", "first second third"),
            ("\tfirst\u{2028}second\u{85}third\u{b}\u{c}\n", "first second third"),
            ("kept  as it  is", "kept  as it  is"),
        ] {
            assert_eq!(written.parse::<Reason>().unwrap().as_str(), read);
        }
        let long = format!("{}\r\n\r\n{}", "x".repeat(500), "y".repeat(499));
        assert_eq!(long.parse::<Reason>().unwrap().chars(), 1_000);
    }

    #[test]
    fn what_is_kept_is_read_as_it_was_taken() {
        let old = "\"x\u{34f}\u{200d}\u{fe01} y\"";
        let read: Reason = serde_json::from_str(old).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), old);
        assert_eq!(read.chars(), 3);
        for never in ["\" \"", "\"a\u{202e}b\"", "\"a\\nb\""] {
            assert!(serde_json::from_str::<Reason>(never).is_err(), "{never}");
        }
    }

    #[test]
    fn printing_a_reason_does_not_print_what_somebody_wrote() {
        let reason: Reason = "customer Jo Doe called".parse().unwrap();
        assert_eq!(format!("{reason:?}"), "…22 characters…");
    }
}
