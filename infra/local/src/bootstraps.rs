//! The functions, built and zipped in the form that Lambda takes.

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

/// The program that people use, built together with the functions.
const CLI: &str = "portcullis";

/// The built programs, by name.
#[derive(Debug)]
pub struct Built(BTreeMap<String, PathBuf>);

/// Builds the functions and the command line with cargo, which shows its own progress. Cargo builds
/// this package too, so that all share one build of each dependency.
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
    /// The path of the command line.
    pub fn cli(&self) -> Result<&Path> {
        self.path(CLI)
    }

    /// A function as a zip. Its one file is `bootstrap`, as in each `provided.al2023` function.
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
