//! The form of the page, as the browser sends it back.

use domain::{
    request::{Shown, Verdict},
    value::Reason,
};
use serde::Deserialize;

/// The largest form, in bytes: the longest reason, percent-encoded, fits.
const MAX_BODY: usize = 16 * 1024;

/// The answer of an approver.
pub(crate) struct Form {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Reason,
    pub(crate) shown: Shown,
}

/// A form that cannot be accepted: what to do about it, and the reason that was typed.
pub(crate) struct Mistake {
    pub(crate) says: String,
    pub(crate) draft: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// No answer is chosen beforehand, so a program that sends forms without reading them chooses
    /// none.
    verdict: Option<Verdict>,
    reason: String,
    digest: String,
    version: u64,
}

impl Form {
    /// Reads a form. The error says what to do about it.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Mistake> {
        let tampered = "The answer did not arrive whole. Please answer again.";
        let lost = |says: &str| Mistake { says: says.to_owned(), draft: String::new() };
        if body.len() > MAX_BODY {
            return Err(lost("The reason is too long. Please shorten it."));
        }
        let fields: Fields = serde_urlencoded::from_bytes(body).map_err(|_| lost(tampered))?;
        let draft = || fields.reason.chars().take(Reason::MAX_CHARS).collect();
        let again = |says: String| Mistake { says, draft: draft() };
        let verdict = fields.verdict.ok_or_else(|| {
            again("Not recorded: nothing was chosen. Choose, and send it again.".to_owned())
        })?;
        let reason =
            fields.reason.parse().map_err(|error| again(format!("Not recorded: {error}.")))?;
        let digest = fields.digest.parse().map_err(|_| lost(tampered))?;
        Ok(Self { verdict, reason, shown: Shown { digest, version: fields.version } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reason: &str) -> Result<Form, Mistake> {
        let fields = [
            ("verdict", "deny"),
            ("reason", reason),
            ("digest", &"0".repeat(64)),
            ("version", "1"),
        ];
        Form::read(serde_urlencoded::to_string(fields).unwrap().as_bytes())
    }

    #[test]
    fn what_was_typed_on_many_lines_is_one_line() {
        let form = read("not now\r\n\r\n\task the owners").map_err(|mistake| mistake.says);
        assert_eq!(form.unwrap().reason.as_str(), "not now ask the owners");
    }

    #[test]
    fn what_cannot_be_seen_is_sent_back_with_the_words_that_were_typed() {
        let mistake = read("fine\u{34f}\nby me").err().unwrap();
        assert_eq!(mistake.draft, "fine\u{34f}\nby me");
        assert!(mistake.says.contains("U+034F"), "{}", mistake.says);
    }
}
