//! The local AWS: one process, on a port that only this machine can reach.

use std::{
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use portcullis::signing::Signer;

use crate::{guarded::Guarded, workspace};

/// The region of all resources.
pub const REGION: &str = "us-east-1";

/// The account of all resources.
pub const ACCOUNT: &str = "000000000000";

const PATIENCE: Duration = Duration::from_secs(30);

/// A running local AWS. It ends when this value is dropped.
#[derive(Debug)]
pub struct Ministack {
    process: Guarded,
    /// The URL where it answers.
    pub endpoint: String,
}

impl Ministack {
    /// Starts a local AWS and waits until it answers.
    pub async fn start(python: &Path) -> Result<Self> {
        Self::start_at(python, free_port()?, None).await
    }

    /// Starts a local AWS at this port. Its functions call it through `front`, if there is one.
    pub async fn start_at(python: &Path, port: u16, front: Option<&str>) -> Result<Self> {
        let folder = workspace::folder().join(format!("aws-{port}"));
        let endpoint = format!("http://127.0.0.1:{port}");
        let environment = [
            ("BIND_HOST", "127.0.0.1"),
            ("GATEWAY_PORT", &port.to_string()),
            ("AUTH", "true"),
            ("CLOUDTRAIL_RECORDING", "1"),
            ("AWS_ENDPOINT_URL", front.unwrap_or(&endpoint)),
            ("MINISTACK_REGION", REGION),
        ];
        let program = [&*python.to_string_lossy(), "-m", "ministack"];
        let process = Guarded::start(python, &program, &environment, folder)?;
        let mut started = Self { process, endpoint };
        started.answers().await?;
        Ok(started)
    }

    async fn answers(&mut self) -> Result<()> {
        let (begun, url) = (Instant::now(), format!("{}/_ministack/health", self.endpoint));
        loop {
            let answers = reqwest::get(&url).await.is_ok_and(|a| a.status().is_success());
            // An answer counts only while our process lives. The port was free a moment ago, and
            // another process may have taken it.
            if let Some(status) = self.process.ended()? {
                bail!("the local AWS ended with {status}; try again:\n{}", self.process.log());
            }
            if answers {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "the local AWS does not answer:\n{}",
                self.process.log()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The folder of the process, which is removed with this value.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }

    /// Calls a service as the root user, without an SDK client: some services are not worth
    /// building one. Any answer but success is an error.
    pub async fn call(
        &self,
        service: &'static str,
        request: http::request::Builder,
        path: &str,
        body: Vec<u8>,
    ) -> Result<String> {
        let request = request.uri(format!("{}/{path}", self.endpoint)).body(body)?;
        let signer = Signer::new(&self.root().await, service)?;
        let (status, text) = signer.send(&reqwest::Client::new(), request).await?;
        ensure!((200..300).contains(&status), "{service} answered {status} to {path}: {text}");
        Ok(text)
    }

    /// A configuration for the SDK as the root user of its account.
    pub async fn root(&self) -> SdkConfig {
        self.caller("test", "test").await
    }

    /// A configuration for the SDK as the root user of this account.
    pub async fn root_of(&self, account: &str) -> SdkConfig {
        if account == ACCOUNT { self.root().await } else { self.caller(account, "test").await }
    }

    /// A configuration for the SDK with this key.
    pub async fn caller(&self, access_key_id: &str, secret_access_key: &str) -> SdkConfig {
        let keys = Credentials::new(access_key_id, secret_access_key, None, None, "local");
        aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new(REGION))
            .credentials_provider(keys)
            .load()
            .await
    }
}

/// A port of this machine that is free at the moment.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
