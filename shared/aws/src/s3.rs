//! S3: the bucket with the checkpoints. Object Lock keeps each version of each file.

use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectError,
    primitives::ByteStream,
};
use service::{
    Fault,
    ports::{Checkpoints, Committed},
};

/// The folder of all checkpoints.
const CHECKPOINTS: &str = "checkpoints/";

/// A bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

/// One listing: the folders and the files below a folder.
struct Listing {
    folders: Vec<String>,
    files: Vec<String>,
}

impl Bucket {
    /// The bucket of this name.
    pub fn new(sdk: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(sdk), name }
    }

    /// The names of all files of checkpoints, in order.
    pub async fn files(&self) -> Result<Vec<String>, Fault> {
        let mut files = Vec::new();
        for folder in self.list(CHECKPOINTS).await?.folders {
            files.extend(self.list(&folder).await?.files);
        }
        Ok(files)
    }

    /// The folders and files directly below a folder, in order of their names.
    async fn list(&self, folder: &str) -> Result<Listing, Fault> {
        let pages = self.client.list_objects_v2().bucket(&self.name).prefix(folder).delimiter("/");
        let mut pages = pages.into_paginator().send();
        let mut listing = Listing { folders: Vec::new(), files: Vec::new() };
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Fault::new("list bucket", error).on(&self.name))?;
            let folders = page.common_prefixes.unwrap_or_default().into_iter();
            listing.folders.extend(folders.filter_map(|folder| folder.prefix));
            let files = page.contents.unwrap_or_default().into_iter();
            listing.files.extend(files.filter_map(|file| file.key));
        }
        listing.folders.sort_unstable();
        listing.files.sort_unstable();
        Ok(listing)
    }
}

impl Checkpoints for Bucket {
    async fn newest(&self) -> Result<Option<u64>, Fault> {
        // A folder may hold a segment alone, if its first checkpoint was cut short.
        for folder in self.list(CHECKPOINTS).await?.folders.iter().rev() {
            let files = self.list(folder).await?.files;
            if let Some(number) = files.iter().filter_map(|file| number(file)).max() {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    async fn file(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let failed = |error| Fault::new("read file of bucket", error).on(name);
        match self.client.get_object().bucket(&self.name).key(name).send().await {
            Ok(object) => {
                let body = object.body.collect().await;
                let body = body.map_err(|error| Fault::new("read file of bucket", error).on(name));
                Ok(Some(body?.to_vec()))
            }
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                Ok(None)
            }
            Err(error) => Err(failed(error)),
        }
    }

    async fn put(&self, name: &str, file: Vec<u8>) -> Result<Committed, Fault> {
        let put = self.client.put_object().bucket(&self.name).key(name).if_none_match("*");
        match put.body(ByteStream::from(file)).send().await {
            Ok(_) => Ok(Committed::Done),
            Err(error) if is_taken(&error) => Ok(Committed::Lost),
            Err(error) => Err(Fault::new("put file into bucket", error).on(name)),
        }
    }
}

/// Whether there is a file of that name, or another writer puts one just now.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
fn is_taken<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    matches!(error.code(), Some("PreconditionFailed" | "ConditionalRequestConflict"))
}

/// The number of a statement, by the name of its file. `None` for a segment.
fn number(file: &str) -> Option<u64> {
    file.strip_suffix(".statement")?.rsplit_once('/')?.1.parse().ok()
}
