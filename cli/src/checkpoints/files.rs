//! The files of checkpoints: in a directory, or in the bucket.

use std::{
    collections::BTreeSet,
    fs,
    future::Future,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use aws::s3::Bucket;
use service::ports::Checkpoints;

/// The files of checkpoints, by the names that they have in the bucket.
pub trait RecordFiles {
    /// The names of all files.
    fn names(&self) -> impl Future<Output = Result<BTreeSet<String>>> + Send;

    /// Reads one file.
    fn read(&self, name: &str) -> impl Future<Output = Result<Vec<u8>>> + Send;
}

/// A directory with a copy of the bucket, as `aws s3 sync` makes it.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl RecordFiles for Folder {
    async fn names(&self) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for folder in entries(&self.0.join("checkpoints"))? {
            if folder.is_dir() {
                let files = entries(&folder)?.into_iter();
                names.extend(files.filter_map(|file| self.name_of(&file)));
            }
        }
        Ok(names)
    }

    async fn read(&self, name: &str) -> Result<Vec<u8>> {
        Ok(fs::read(self.0.join(name))?)
    }
}

impl Folder {
    /// The name that a file has in the bucket. `None` if it is not text.
    fn name_of(&self, file: &Path) -> Option<String> {
        let parts = file.strip_prefix(&self.0).ok()?.components();
        let parts = parts.map(|part| part.as_os_str().to_str());
        parts.collect::<Option<Vec<_>>>().map(|parts| parts.join("/"))
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    listed.map(|entry| Ok(entry?.path())).collect()
}

impl RecordFiles for Bucket {
    async fn names(&self) -> Result<BTreeSet<String>> {
        Ok(self.files().await?.into_iter().collect())
    }

    async fn read(&self, name: &str) -> Result<Vec<u8>> {
        self.file(name).await?.context("there is no such file")
    }
}
