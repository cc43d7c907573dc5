//! The rules as administrators write them: files, read but not yet checked.

use std::{collections::BTreeMap, fs, io, path::Path};

use domain::value::{Digest, canonical};
use serde::{Deserialize, Serialize};

use super::problem::File;

/// The file with the tests of a set. It is not part of the set.
pub(crate) const TESTS: &str = "tests.toml";

/// The only folder of a set.
const POLICIES: &str = "policies";

/// The files of a rule set, by name. They are published unchanged, with their comments, so that the
/// set in force can be read, compared and taken back into version control.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sources {
    files: BTreeMap<String, String>,
}

impl Sources {
    /// Reads a rules directory. Only hidden files, `*.md` and `tests.toml` are skipped, because
    /// nobody would notice a rule that is not read. An error names the file or folder.
    pub fn read(directory: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for (folder, prefix) in
            [(directory.to_owned(), ""), (directory.join(POLICIES), "policies/")]
        {
            if !prefix.is_empty() && !folder.exists() {
                continue;
            }
            for entry in fs::read_dir(&folder).map_err(|error| named(&folder, &error))? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let passed_over = name.starts_with('.')
                    || name == TESTS
                    || path.extension().is_some_and(|extension| extension == "md");
                let is_policies = prefix.is_empty() && name == POLICIES;
                if !passed_over && !is_policies {
                    files.insert(format!("{prefix}{name}"), text(&path)?);
                }
            }
        }
        Ok(Self { files })
    }

    /// Reads the bytes of a published set.
    pub fn from_published(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The bytes for publication: canonical JSON, an object with the text of each file.
    pub fn to_published(&self) -> Vec<u8> {
        canonical(self)
    }

    /// The digest of the content, which is the name of the set.
    pub fn digest(&self) -> Digest {
        Digest::of_bytes("portcullis/rules/v1", &[&self.to_published()])
    }

    /// The text of a file, if there is one of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    /// Adds a file, or replaces the file of this name.
    pub fn set(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.files.insert(name.into(), text.into());
    }

    /// All files, in order of their names.
    pub(crate) fn files(&self) -> impl Iterator<Item = File> {
        self.files
            .iter()
            .map(|(name, text)| File { name: name.clone(), text: text.as_str().into() })
    }

    pub(crate) fn file(&self, name: &str) -> Option<File> {
        let text = self.files.get(name)?.as_str().into();
        Some(File { name: name.to_owned(), text })
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for Sources {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(files: I) -> Self {
        let files = files.into_iter().map(|(name, text)| (name.into(), text.into()));
        Self { files: files.collect() }
    }
}

/// Reads the text of a file, without the byte order mark and the line endings that editors on
/// Windows add, so that it is the same on every machine.
pub(crate) fn text(path: &Path) -> io::Result<String> {
    if path.is_dir() {
        return Err(folder(path));
    }
    let bytes = fs::read(path).map_err(|error| named(path, &error))?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| {
        let says = "this is not text in UTF-8; save it in that encoding";
        named(path, &io::Error::new(io::ErrorKind::InvalidData, says))
    })?;
    Ok(text.replace("\r\n", "\n"))
}

/// The error for a folder where a file should be.
fn folder(path: &Path) -> io::Error {
    let says = "this is a folder; policies lie directly in `policies/`, and everything else \
                beside it";
    named(path, &io::Error::new(io::ErrorKind::IsADirectory, says))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
