//! An export of the audit record, which an editor or another machine may have changed in form.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

/// The text of an export, and notices of what was passed over to read it.
///
/// Rows are JSON in one form, without line breaks. Line endings, a byte order mark and empty lines
/// at the end carry no meaning. Everything else is kept to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The rows, each on a line.
    pub text: String,
    /// Notices of what was passed over, in words.
    pub notes: Vec<&'static str>,
}

impl Export {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self> {
        let unread = || format!("{} cannot be read", path.display());
        fs::read(path)
            .map_err(anyhow::Error::from)
            .and_then(|it| Self::of(&it))
            .with_context(unread)
    }

    /// Reads bytes.
    pub fn of(bytes: &[u8]) -> Result<Self> {
        let (mut text, mut notes) = decoded(bytes)?;
        if text.contains("\r\n") {
            notes.push("line endings of Windows were taken as they are meant");
            text = text.replace("\r\n", "\n");
        }
        let rows = text.trim_end_matches('\n').len();
        if text.len() > rows + 1 || (rows == 0 && !text.is_empty()) {
            notes.push("an empty line at the end was passed over");
        }
        text.truncate((rows + 1).min(text.len()));
        if rows == 0 {
            text.clear();
        }
        Ok(Self { text, notes })
    }
}

/// The text, in the encoding that its byte order mark names, or in UTF-8 without a mark.
fn decoded(bytes: &[u8]) -> Result<(String, Vec<&'static str>)> {
    let wide = |read: fn([u8; 2]) -> u16, bytes: &[u8]| {
        let (units, rest) = bytes.as_chunks::<2>();
        ensure!(rest.is_empty(), "it is cut off in the middle of a character");
        let units: Vec<u16> = units.iter().copied().map(read).collect();
        let text = String::from_utf16(&units).context("it is not text in UTF-16")?;
        Ok((text, vec!["it was written in UTF-16 and read as it is meant"]))
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, text @ ..] => {
            let text = std::str::from_utf8(text).context("it is not text in UTF-8")?;
            Ok((text.to_owned(), vec!["the mark of UTF-8 at the beginning was passed over"]))
        }
        [0xFF, 0xFE, text @ ..] => wide(u16::from_le_bytes, text),
        [0xFE, 0xFF, text @ ..] => wide(u16::from_be_bytes, text),
        text => {
            let text = std::str::from_utf8(text).context("it is not text in UTF-8")?;
            Ok((text.to_owned(), Vec::new()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "{\"a\":\"ü\"}\n{\"b\":1}\n";

    #[test]
    fn what_another_machine_made_of_the_lines_is_undone_and_said() {
        let crlf = ROWS.replace('\n', "\r\n");
        let wide: Vec<u16> = format!("\u{feff}{crlf}").encode_utf16().collect();
        let windows = "line endings of Windows were taken as they are meant";
        let mark = "the mark of UTF-8 at the beginning was passed over";
        let empty = "an empty line at the end was passed over";
        let utf_16 = "it was written in UTF-16 and read as it is meant";
        for (bytes, notes) in [
            (ROWS.as_bytes().to_vec(), vec![]),
            (crlf.clone().into_bytes(), vec![windows]),
            (format!("\u{feff}{ROWS}").into_bytes(), vec![mark]),
            (format!("{ROWS}\n").into_bytes(), vec![empty]),
            (format!("{ROWS}\n\n").into_bytes(), vec![empty]),
            (format!("\u{feff}{crlf}\r\n").into_bytes(), vec![mark, windows, empty]),
            (wide.iter().flat_map(|unit| unit.to_le_bytes()).collect(), vec![utf_16, windows]),
            (wide.iter().flat_map(|unit| unit.to_be_bytes()).collect(), vec![utf_16, windows]),
        ] {
            assert_eq!(Export::of(&bytes).unwrap(), Export { text: ROWS.to_owned(), notes });
        }
        assert_eq!(Export::of(b"").unwrap(), Export { text: String::new(), notes: vec![] });
        assert_eq!(Export::of(b"\r\n").unwrap().text, "");
        assert_eq!(Export::of(b"{}").unwrap().text, "{}", "the last line may lack its end");
    }

    #[test]
    fn everything_else_is_kept_to_the_byte() {
        for kept in ["\n{}\n", "{}\n\n{}\n", "{}\r{}\n", "{} \n", "\t{}\n", "{}\u{feff}\n"] {
            let export = Export::of(kept.as_bytes()).unwrap();
            assert_eq!((export.text.as_str(), export.notes), (kept, vec![]));
        }
        for unreadable in [&b"{\xff}"[..], b"\xff\xfe{", b"\xff\xfe\x00\xd8"] {
            assert!(Export::of(unreadable).is_err(), "{unreadable:?}");
        }
    }
}
