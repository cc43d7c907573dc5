//! The functions, built and zipped as Lambda takes them.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{functions::FUNCTIONS, narrator::Narrator, workspace};

/// The program people use, built along with them.
const CLI: &str = "portcullis";

/// Programs by name.
#[derive(Debug)]
pub struct Built(BTreeMap<String, PathBuf>);

/// Builds the functions and the command line with cargo, which shows its own
/// progress. It is asked for this package too, so that all share one build of
/// every dependency.
pub async fn build(narrator: &Narrator) -> Result<Built> {
    narrator.say("building the functions …");
    let cargo = aws::config::setting("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .current_dir(workspace::root())
        .args(["build", "--locked", "--message-format", "json-render-diagnostics"])
        .args(["--package", "local", "--package", CLI])
        .args(FUNCTIONS.iter().flat_map(|name| ["--package", name]))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .context("cargo does not start")?;
    ensure!(output.status.success(), "the functions do not build");
    let messages = String::from_utf8_lossy(&output.stdout);
    let programs = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let path = PathBuf::from(message.get("executable")?.as_str()?);
        Some((path.file_name()?.to_str()?.to_owned(), path))
    });
    Ok(Built(programs.collect()))
}

impl Built {
    /// Where the command line is.
    pub fn cli(&self) -> Result<&Path> {
        self.path(CLI)
    }

    /// One function as a zip with the one file `bootstrap`, which is what a
    /// `provided.al2023` function consists of.
    pub fn zip(&self, function: &str) -> Result<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .unix_permissions(0o755);
        zip.start_file("bootstrap", options)?;
        zip.write_all(&fs::read(self.path(function)?)?)?;
        Ok(zip.finish()?.into_inner())
    }

    fn path(&self, name: &str) -> Result<&Path> {
        let path = self.0.get(name).with_context(|| format!("cargo built no `{name}`"))?;
        Ok(path)
    }
}
