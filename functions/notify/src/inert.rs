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
mod tests {
    use super::*;

    #[test]
    fn what_people_write_becomes_no_link_and_stays_readable() {
        for (written, read) in [
            ("see https://evil.example/approve?x=1", "see https[:]//evil[.]example/approve?x=1"),
            ("(www.evil.com), now", "(www[.]evil[.]com), now"),
            ("evil.com:80/x", "evil[.]com:80/x"),
            ("http://[::1]/x", "http[:]//[::1]/x"),
            ("v1.2.3 is slow. Or is it 4.5?", "v1.2.3 is slow. Or is it 4.5?"),
            ("incident 4711: a/b  ...", "incident 4711: a/b  ..."),
            ("took 1.5h, i.e. 3.5GB; e.g. v2.x", "took 1.5h, i.e. 3.5GB; e.g. v2.x"),
            ("+1 from me, C++11, @bob: see #7", "+1 from me, C++11, @bob: see #7"),
            ("arn:aws:s3:::orders/* at 14:00:00", "arn:aws:s3:::orders/* at 14:00:00"),
        ] {
            assert_eq!(broken(written), read);
        }
    }

    #[test]
    fn punctuation_and_blanks_of_any_kind_around_it_do_not_make_it_one() {
        for (written, read) in [
            ("see evil.com,please", "see evil[.]com,please"),
            ("www.evil.com;x", "www[.]evil[.]com;x"),
            ("evil.com)now", "evil[.]com)now"),
            ("(evil.com)-a", "(evil[.]com)-a"),
            ("evil.com|x", "evil[.]com|x"),
            ("\"evil.com\"x", "\"evil[.]com\"x"),
            ("<evil.com>", "<evil[.]com>"),
            ("x\u{a0}evil.com\u{a0}x", "x\u{a0}evil[.]com\u{a0}x"),
            ("x\u{202f}evil.com/x.y", "x\u{202f}evil[.]com/x.y"),
            ("**evil.com**,t.co!", "**evil[.]com**,t[.]co!"),
            ("EVIL.COM. Evil.c-om", "EVIL[.]COM. Evil[.]c-om"),
            ("evil.com.x evil..com a.b.com", "evil[.]com.x evil.[.]com a.b[.]com"),
            ("www.x.y ftp.x www2.1", "www[.]x.y ftp[.]x www2[.]1"),
        ] {
            assert_eq!(broken(written), read);
        }
    }

    #[test]
    fn no_alphabet_makes_it_one() {
        for (written, read) in [
            ("evil\u{ff0e}com", "evil[\u{ff0e}]com"),
            ("evil\u{3002}com", "evil[\u{3002}]com"),
            ("evil\u{ff61}com", "evil[\u{ff61}]com"),
            ("evil\u{2024}com evil\u{fe52}com", "evil[\u{2024}]com evil[\u{fe52}]com"),
            ("ｅｖｉｌ．ｃｏｍ", "ｅｖｉｌ[．]ｃｏｍ"),
            ("пример.рф 例え.みんな i❤.ws", "пример[.]рф 例え[.]みんな i❤[.]ws"),
            ("evil.\u{34f}com evil.c\u{200d}om", "evil[.]\u{34f}com evil[.]c\u{200d}om"),
            ("直しました。次は明日。", "直しました。次は明日。"),
        ] {
            assert_eq!(broken(written), read);
        }
    }

    #[test]
    fn nor_does_a_scheme_an_address_a_server_or_a_telephone() {
        for (written, read) in [
            ("http://evil/x https:evil", "http[:]//evil/x https[:]evil"),
            ("slack://x MAILTO:x (tel:1)", "slack[:]//x MAILTO[:]x (tel[:]1)"),
            ("javascript:x data:y http:\\\\evil", "javascript[:]x data[:]y http[:][\\]\\evil"),
            ("file: see below", "file: see below"),
            ("bob@evil.com,x", "bob[@]evil[.]com,x"),
            ("\"b\"@evil b＠evil", "\"b\"[@]evil b[＠]evil"),
            ("10.0.0.1 (192.0.2.7:80)", "10[.]0[.]0[.]1 (192[.]0[.]2[.]7:80)"),
            ("\\\\evil\\share", "[\\]\\evil\\share"),
            (
                "call +49 170 1234567, (+1-555-010-9999)",
                "call [+]49 170 1234567, ([+]1-555-010-9999)",
            ),
        ] {
            assert_eq!(broken(written), read);
        }
    }

    #[test]
    fn a_sentence_of_ours_takes_its_parts_broken_and_once() {
        let name = Inert::of("evil.com");
        let bob: Person = "bob@example.com".parse().unwrap();
        let sentence =
            Inert::new("{} ({}) needs {} more, at t.{}", &[&name, &bob, &2_usize, &"{}co"]);
        assert_eq!(sentence.to_string(), "evil[.]com (bob@example.com) needs 2 more, at t.{}co");
        let odd: Person = "evil.com/x@example.com".parse().unwrap();
        assert_eq!(Inert::of(&odd).to_string(), "evil[.]com/x[@]example[.]com");
    }
}
