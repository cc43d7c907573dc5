//! Processes that end when whoever started them does, in whatever way.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result};

use crate::workspace;

/// A running process, and a folder of its own for what it leaves behind. Both go
/// when this value does.
#[derive(Debug)]
pub struct Guarded {
    guard: Child,
    folder: PathBuf,
}

impl Guarded {
    /// Starts a program under `infra/local/guard.py`, in an environment that holds
    /// the way to other programs, these variables and nothing else.
    pub fn start(
        python: &Path,
        command: &[&str],
        environment: &[(&str, &str)],
        folder: PathBuf,
    ) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        let output = File::create(folder.join("log"))?;
        let guard = Command::new(python)
            .arg(workspace::root().join("infra/local/guard.py"))
            .args(command)
            .env_clear()
            .env("PATH", aws::config::setting("PATH")?)
            .envs(environment.iter().copied())
            .env("TMPDIR", &folder)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            // An interrupt at the terminal is for us; the guard sees the pipe close.
            .process_group(0)
            .spawn()
            .with_context(|| format!("{command:?} does not start"))?;
        Ok(Self { guard, folder })
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.guard.try_wait()?)
    }

    /// A folder that goes when this value does.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it has printed.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Closing the pipe is what ends it; waiting leaves nothing behind.
        drop(self.guard.stdin.take());
        _ = self.guard.wait();
    }
}
