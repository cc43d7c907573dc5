//! The statement of a checkpoint, and its file.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::segment::Segment;
use crate::value::{Digest, canonical_text};

/// The name of this form of a statement.
const FORMAT: &str = "portcullis/checkpoint/v1";

/// Statements in one folder, so that the newest is found by two short listings.
const IN_A_FOLDER: u64 = 1_000;

/// A statement about all entries that arrived since the statement before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The form of the statement: `portcullis/checkpoint/v1`.
    pub format: String,
    /// The deployment: its account, region and stack, with colons between them.
    pub log: String,
    /// Its number: 1, 2, 3, without gaps.
    pub number: u64,
    /// The time at which it was made.
    pub at: Timestamp,
    /// It covers all entries that arrived up to then and are in no statement before it.
    pub through: Timestamp,
    /// The number of entries in its segment.
    pub lines: u64,
    /// The number of entries in the segments of all statements up to this one.
    pub total: u64,
    /// The SHA-256 digest of the segment, compressed as it is stored. `None` if there are no lines.
    pub segment: Option<Digest>,
    /// The root of the tree over the lines: see [`super::tree`].
    pub root: Digest,
    /// The SHA-256 digest of the text of the statement before. Zeros for the first.
    pub previous: Digest,
    /// The name of the key that signs it.
    pub key: String,
}

/// A statement with its signature, as its file holds them: the canonical text on the first line, and
/// the signature in Base64 on the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedStatement {
    /// The statement.
    pub statement: Statement,
    /// The text that was signed.
    pub text: String,
    /// The signature: RSASSA-PKCS1-v1_5 with SHA-256.
    pub signature: Vec<u8>,
}

/// The reason for which a file is no statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StatementError {
    /// It is not two lines of text, or the signature is not Base64.
    #[error("it is not a statement and a signature, each on a line")]
    Form,
    /// The statement is not in its canonical form, or not of a known version.
    #[error("its first line is not a statement as this version writes them")]
    Text,
}

impl Statement {
    /// The first statement of a log, or the next one, without lines.
    pub fn after(previous: Option<&SignedStatement>, log: &str, key: &str, at: Timestamp) -> Self {
        let last = previous.map(|signed| &signed.statement);
        Self {
            format: FORMAT.to_owned(),
            log: log.to_owned(),
            number: last.map_or(0, |last| last.number) + 1,
            // In a log, time never runs backwards.
            at: last.map_or(at, |last| at.max(last.at)),
            through: last.map_or(at, |last| at.max(last.through)),
            lines: 0,
            total: last.map_or(0, |last| last.total),
            segment: None,
            root: super::segment::root_of(std::iter::empty()),
            previous: previous.map_or(Digest::ZERO, SignedStatement::digest),
            key: key.to_owned(),
        }
    }

    /// The statement with a segment, which is `packed`, of the entries that arrived up to `through`.
    /// That is never before the end of the statement before.
    #[must_use]
    pub fn covering(self, segment: &Segment, packed: &[u8], through: Timestamp) -> Self {
        let lines = u64::try_from(segment.lines().len()).unwrap_or(u64::MAX);
        Self {
            through,
            lines,
            total: self.total.saturating_add(lines),
            segment: (lines > 0).then(|| Digest::plain(packed)),
            root: segment.root(),
            ..self
        }
    }

    /// The text that is signed.
    pub fn text(&self) -> String {
        canonical_text(self)
    }

    /// The name of the file of a statement.
    pub fn name_of(number: u64) -> String {
        format!("{}/{number:09}.statement", Self::folder_of(number))
    }

    /// The folder of a statement, and of its segment.
    pub fn folder_of(number: u64) -> String {
        format!("checkpoints/{:06}", number / IN_A_FOLDER)
    }

    /// The name of the file of the segment. It has a part of the digest in it, so that a segment
    /// that was cut short before its statement is in nobody's way. `None` if there are no lines.
    pub fn segment_name(&self) -> Option<String> {
        let digest = self.segment?.to_string();
        let (begins, _) = digest.split_at_checked(16)?;
        Some(format!("{}/{:09}-{begins}.jsonl.gz", Self::folder_of(self.number), self.number))
    }
}

impl SignedStatement {
    /// Puts a signature to a statement.
    pub fn new(statement: Statement, signature: Vec<u8>) -> Self {
        let text = statement.text();
        Self { statement, text, signature }
    }

    /// The digest by which the next statement names this one.
    pub fn digest(&self) -> Digest {
        Digest::plain(self.text.as_bytes())
    }

    /// The bytes of the file.
    pub fn to_file(&self) -> String {
        format!("{}\n{}\n", self.text, BASE64_STANDARD.encode(&self.signature))
    }

    /// Reads a file. The signature is not checked here.
    pub fn read(file: &[u8]) -> Result<Self, StatementError> {
        let file = std::str::from_utf8(file).map_err(|_| StatementError::Form)?;
        let (text, signature) = file
            .strip_suffix('\n')
            .and_then(|file| file.split_once('\n'))
            .ok_or(StatementError::Form)?;
        let signature = BASE64_STANDARD.decode(signature).map_err(|_| StatementError::Form)?;
        let statement: Statement = serde_json::from_str(text).map_err(|_| StatementError::Text)?;
        if statement.format != FORMAT || statement.text() != text {
            return Err(StatementError::Text);
        }
        Ok(Self { text: text.to_owned(), statement, signature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> SignedStatement {
        let at = "2026-05-04T10:00:00Z".parse().unwrap();
        SignedStatement::new(Statement::after(None, "1:eu:p", "key", at), vec![1, 2, 3])
    }

    #[test]
    fn a_file_is_read_as_it_was_written_and_in_no_other_form() {
        let file = first().to_file();
        assert_eq!(SignedStatement::read(file.as_bytes()), Ok(first()));
        for other in [
            file.replace(':', ": "),
            file.replace("v1", "v2"),
            format!("{file}\n"),
            file.replace('\n', "\r\n"),
            file.trim_end().to_owned(),
            file.replace("\"number\":1", "\"number\":1,\"x\":1"),
            String::new(),
        ] {
            assert!(SignedStatement::read(other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn the_next_one_names_the_one_before_and_time_never_runs_backwards() {
        let earlier = "2026-05-04T09:00:00Z".parse().unwrap();
        let next = Statement::after(Some(&first()), "1:eu:p", "key", earlier);
        assert_eq!((next.number, next.previous), (2, first().digest()));
        assert_eq!((next.at, next.through), (first().statement.at, first().statement.through));
    }

    #[test]
    fn names_sort_by_number() {
        let name = Statement::name_of;
        assert_eq!(name(17), "checkpoints/000000/000000017.statement");
        assert!(name(999) < name(1_000) && name(9_999) < name(10_000));
    }
}
