//! Text that no mail program turns into a link: all links in a mail are ours.
//!
//! All text of a letter is [`Inert`]. It consists of our own sentences, which stand in this source,
//! and of [`Fragment`]s, which come from elsewhere and are broken where a link could begin. The
//! types see to it, so the author of a new mail cannot forget it.

use std::net::IpAddr;

use std::{borrow::Cow, fmt};

use domain::value::{EntitlementId, Person, Reason, RequestId, Ticket};

/// Text that no mail program turns into a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Inert(String);

/// A part that is put into one of our sentences.
pub(crate) trait Fragment {
    /// The text, broken where a link could begin.
    fn inert(&self) -> Cow<'_, str>;
}

impl Inert {
    /// One of our sentences, with a part in the place of each `{}`.
    pub(crate) fn new(ours: &'static str, parts: &[&dyn Fragment]) -> Self {
        let mut pieces = ours.split("{}");
        let mut text = pieces.next().unwrap_or_default().to_owned();
        let parts = parts.iter().map(|part| part.inert());
        for (piece, part) in pieces.zip(parts) {
            text.push_str(&part);
            text.push_str(piece);
        }
        Self(text)
    }

    /// Text that comes from elsewhere, on its own.
    pub(crate) fn of(part: &(impl Fragment + ?Sized)) -> Self {
        Self(part.inert().into_owned())
    }

    /// The items as a list within a sentence.
    pub(crate) fn list_of(items: impl IntoIterator<Item = Self>) -> Self {
        Self(wording::list_of(items.into_iter().map(|item| item.0)))
    }
}

impl fmt::Display for Inert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Fragment for Inert {
    fn inert(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
}

impl Fragment for str {
    fn inert(&self) -> Cow<'_, str> {
        Cow::Owned(broken(self))
    }
}

impl Fragment for String {
    fn inert(&self) -> Cow<'_, str> {
        self.as_str().inert()
    }
}

impl Fragment for Reason {
    fn inert(&self) -> Cow<'_, str> {
        self.as_str().inert()
    }
}

impl Fragment for Ticket {
    fn inert(&self) -> Cow<'_, str> {
        self.as_str().inert()
    }
}

impl Fragment for EntitlementId {
    fn inert(&self) -> Cow<'_, str> {
        self.as_str().inert()
    }
}

/// An address of the directory stands as it is: people have to recognise each other.
impl Fragment for Person {
    fn inert(&self) -> Cow<'_, str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._+-@".contains(c);
        if self.as_str().chars().all(plain) {
            Cow::Borrowed(self.as_str())
        } else {
            self.as_str().inert()
        }
    }
}

impl Fragment for RequestId {
    fn inert(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }
}

/// The address that a call came from: numbers, as the API wrote them.
impl Fragment for IpAddr {
    fn inert(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }
}

impl Fragment for usize {
    fn inert(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }
}

impl<T: Fragment + ?Sized> Fragment for &T {
    fn inert(&self) -> Cow<'_, str> {
        (**self).inert()
    }
}

/// Schemes that mail programs follow without a host behind them.
const SCHEMES: [&str; 32] = [
    "bitcoin",
    "callto",
    "data",
    "facetime",
    "file",
    "ftp",
    "ftps",
    "geo",
    "gopher",
    "http",
    "https",
    "irc",
    "javascript",
    "ldap",
    "magnet",
    "mailto",
    "news",
    "nntp",
    "onenote",
    "outlook",
    "sftp",
    "sip",
    "sips",
    "skype",
    "sms",
    "ssh",
    "tel",
    "telnet",
    "urn",
    "vbscript",
    "webcal",
    "xmpp",
];

/// The text with brackets around each character that a link would need: still readable, but no
/// link. The page shows the text as it was written.
fn broken(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut broken = String::with_capacity(text.len() + 8);
    for (at, &c) in chars.iter().enumerate() {
        let before = chars.get(..at).unwrap_or_default();
        let after = chars.get(at + 1..).unwrap_or_default();
        if makes_a_link(before, c, after) {
            broken.extend(['[', c, ']']);
        } else {
            broken.push(c);
        }
    }
    broken
}

/// Whether a mail program could make a link of this character and the text around it.
fn makes_a_link(before: &[char], c: char, after: &[char]) -> bool {
    let last_is_text = before.last().is_some_and(|last| !last.is_whitespace());
    match c {
        // Browsers read all of these as the dots of a host (UTS #46).
        '.' | '\u{FF0E}' | '\u{2024}' | '\u{FE52}' => last_is_text && joins_a_host(before, after),
        // The full stops of Chinese and Japanese end a sentence, except beside Latin letters or
        // digits.
        '\u{3002}' | '\u{FF61}' => {
            let latin =
                |c: &char| c.is_ascii_alphanumeric() || matches!(c, '\u{FF10}'..='\u{FF5A}');
            let beside_latin = before.last().is_some_and(latin) || after.first().is_some_and(latin);
            last_is_text && beside_latin && joins_a_host(before, after)
        }
        ':' | '\u{FF1A}' => {
            matches!(after, ['/' | '\\', '/' | '\\', ..]) || ends_a_scheme(before, after)
        }
        '@' | '\u{FF20}' | '\u{FE6B}' => {
            last_is_text && after.first().is_some_and(|&c| is_of_a_name(c))
        }
        // A Windows path to a server (`\\server\folder`).
        '\\' => {
            before.last() != Some(&'\\') && matches!(after, ['\\', host, ..] if is_of_a_name(*host))
        }
        '+' => begins_a_phone_number(before, after),
        _ => false,
    }
}

/// Whether a dot between these two stands inside a host name or an IP address. The dots in `v1.2`,
/// `4.5 GB` and `e.g.` do not.
fn joins_a_host(before: &[char], after: &[char]) -> bool {
    let Some((&first, label)) = after.split_first() else { return false };
    let service = word_at_the_end(before);
    if (service.starts_with("www") || service == "ftp") && is_of_a_name(first) {
        return true;
    }
    if before.last().is_some_and(char::is_ascii_digit) && first.is_ascii_digit() {
        let of_a_number = |c: &&char| c.is_ascii_digit() || **c == '.';
        let earlier = before.iter().rev().take_while(of_a_number);
        let dots = earlier.chain(after.iter().take_while(of_a_number)).filter(|c| **c == '.');
        return dots.count() >= 2;
    }
    let begins_a_label = first.is_alphabetic() || is_other_writing(first);
    begins_a_label && label.first().is_some_and(|&c| is_of_a_name(c))
}

fn ends_a_scheme(before: &[char], after: &[char]) -> bool {
    let goes_on = after.first().is_some_and(|first| !first.is_whitespace());
    goes_on && SCHEMES.contains(&word_at_the_end(before).as_str())
}

/// Whether a plus is followed by at least seven digits, as in a telephone number.
fn begins_a_phone_number(before: &[char], after: &[char]) -> bool {
    let of_a_number = |c: &&char| c.is_ascii_digit() || " -()/.".contains(**c);
    let digits = after.iter().take_while(of_a_number).filter(|c| c.is_ascii_digit()).count();
    let alone = !before.last().is_some_and(|last| last.is_alphanumeric());
    alone && after.first().is_some_and(|first| !first.is_whitespace()) && digits >= 7
}

/// The ASCII letters and digits at the end, in lower case.
fn word_at_the_end(text: &[char]) -> String {
    let letters = text.iter().rev().take_while(|c| c.is_ascii_alphanumeric());
    let mut word: Vec<_> = letters.map(char::to_ascii_lowercase).collect();
    word.reverse();
    word.into_iter().collect()
}

/// Whether this character may stand in the name of a host or a mailbox.
fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_') || is_other_writing(c)
}

/// Whether this is a character beyond ASCII: a letter, a mark, a joiner or a sign. Mail programs
/// differ in which of them they ignore.
fn is_other_writing(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace()
}

#[cfg(test)]
mod tests;
