//! The lives that the domain holds its histories against, for others to hold their rows and
//! answers against.

use std::{fs, path::PathBuf};

use domain::request::{Entry, Request};

/// A request as it was stored once, with its history.
pub struct GoldenLife {
    /// The request.
    pub request: Request,
    /// Its history, oldest entry first.
    pub history: Vec<Entry>,
    /// The entries as they were written, a line each.
    pub lines: Vec<String>,
}

/// All of them, in the order of their names.
///
/// # Panics
///
/// If a file cannot be read: then the test has to fail.
#[expect(clippy::unwrap_used, reason = "a test that cannot read them has to fail")]
pub fn golden_lives() -> Vec<GoldenLife> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../domain/tests/laws/golden");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut paths: Vec<_> = files.filter(|path| !path.ends_with("values.jsonl")).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let (history, stored) = text.trim_end().rsplit_once('\n').unwrap();
        let lines: Vec<_> = history.lines().map(str::to_owned).collect();
        let entries = lines.iter().map(|line| serde_json::from_str(line).unwrap());
        let history = entries.collect();
        GoldenLife { request: serde_json::from_str(stored).unwrap(), history, lines }
    };
    paths.into_iter().map(read).collect()
}
