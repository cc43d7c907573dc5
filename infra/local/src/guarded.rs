//! Processes that end when the process that started them ends, in whatever way.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result};

use crate::workspace;

/// A running process, with a folder for its files. Dropping this value ends the process and removes
/// the folder. If the process ended by itself, its folder stays.
#[derive(Debug)]
pub struct Guarded {
    guard: Child,
    folder: PathBuf,
}

impl Guarded {
    /// Starts a program under `infra/local/guard.py`. Its environment holds `PATH`, `TMPDIR` and
    /// these variables, and nothing else.
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
            // An interrupt at the terminal is for this process; the guard sees the pipe close.
            .process_group(0)
            .spawn()
            .with_context(|| format!("{command:?} does not start"))?;
        Ok(Self { guard, folder })
    }

    /// The exit status, or `None` while the process runs.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.guard.try_wait()?)
    }

    /// The folder, which is removed with this value.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The output of the process so far, or an empty text if it cannot be read.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Closing the pipe ends the process. Waiting makes sure that nothing is left behind.
        drop(self.guard.stdin.take());
        _ = self.guard.wait();
    }
}
