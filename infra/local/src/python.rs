//! The private Python environment of the local AWS.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::{narrator::Narrator, workspace};

const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The path of the interpreter. The environment is made first if it is missing, or if its
/// requirements have changed.
pub async fn environment(narrator: &Narrator) -> Result<PathBuf> {
    let folder = workspace::folder().join("python");
    fs::create_dir_all(&folder)?;
    // Tests and a demo may start at the same time. One of them makes the environment.
    let lock = File::create(folder.join("lock"))?;
    while lock.try_lock().is_err() {
        narrator.say("waiting for another process that installs the local AWS …");
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    }
    let (venv, done) = (folder.join("venv"), folder.join("installed"));
    let python = venv.join("bin/python");
    if !fs::read_to_string(&done).is_ok_and(|installed| installed == REQUIREMENTS) {
        narrator.say("installing the local AWS into a private Python environment …");
        make(&venv).await?;
        install(&python).await?;
        fs::write(&done, REQUIREMENTS)?;
    }
    Ok(python)
}

/// The rules of accessibility, as a script for a page.
pub fn axe() -> Result<String> {
    let lib = workspace::folder().join("python/venv/lib");
    let versions = fs::read_dir(&lib).with_context(|| lib.display().to_string())?;
    let scripts = versions.filter_map(|version| {
        let path = version.ok()?.path().join("site-packages/axe_playwright_python/axe.min.js");
        fs::read_to_string(path).ok()
    });
    scripts.into_iter().next().context("the environment of the local AWS lacks axe")
}

async fn make(venv: &Path) -> Result<()> {
    if venv.exists() {
        fs::remove_dir_all(venv)?;
    }
    let output = Command::new("python3")
        .args(["-m", "venv"])
        .arg(venv)
        .kill_on_drop(true)
        .output()
        .await
        .context("the local AWS needs Python 3: install `python3` (3.10 or newer) and try again")?;
    if !output.status.success() {
        bail!(
            "the local AWS needs Python's `venv`: install `python3-venv` and try again\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

async fn install(python: &Path) -> Result<()> {
    let output = Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement"])
        .arg(workspace::root().join("infra/local/requirements.txt"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    if !output.status.success() {
        bail!(
            "the local AWS could not be installed; is there a way to the Python package index?\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}
