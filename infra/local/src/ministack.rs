//! The local AWS: one process on a free port of this machine alone.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use portcullis::signing::Signer;

use crate::workspace;

/// The region everything is in.
pub const REGION: &str = "us-east-1";

/// The account everything is in.
pub const ACCOUNT: &str = "000000000000";

const PATIENCE: Duration = Duration::from_secs(30);

/// A running local AWS. It ends when this value does.
#[derive(Debug)]
pub struct Ministack {
    guard: Child,
    /// Where it answers.
    pub endpoint: String,
    folder: PathBuf,
}

impl Ministack {
    /// Starts one and waits until it answers.
    pub async fn start(python: &Path) -> Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let folder = workspace::folder().join(format!("aws-{port}"));
        fs::create_dir_all(&folder)?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let output = File::create(folder.join("log"))?;
        let guard = Command::new(python)
            .arg(workspace::root().join("infra/local/guard.py"))
            .arg(python)
            .args(["-m", "ministack"])
            .env_clear()
            .env("PATH", aws::config::setting("PATH")?)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AUTH", "true")
            .env("CLOUDTRAIL_RECORDING", "1")
            .env("AWS_ENDPOINT_URL", &endpoint)
            .env("MINISTACK_REGION", REGION)
            .env("TMPDIR", &folder)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            // An interrupt at the terminal is for us; the guard sees the pipe close.
            .process_group(0)
            .spawn()
            .context("the local AWS does not start")?;
        let mut started = Self { guard, endpoint, folder };
        started.answers().await?;
        Ok(started)
    }

    async fn answers(&mut self) -> Result<()> {
        let (begun, url) = (Instant::now(), format!("{}/_ministack/health", self.endpoint));
        loop {
            let answers = reqwest::get(&url).await.is_ok_and(|a| a.status().is_success());
            // An answer counts only from a process that lives: the port was free a
            // moment ago, and somebody else may have taken it.
            if let Some(status) = self.guard.try_wait()? {
                bail!("the local AWS ended with {status}; try again:\n{}", self.log_text());
            }
            if answers {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "the local AWS does not answer:\n{}",
                self.log_text()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// A folder that goes when this value does.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn log_text(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Calls a service for which no SDK client is worth its build, as the root
    /// user. Anything but success is an error.
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

    /// Calls it as the root user of its account.
    pub async fn root(&self) -> SdkConfig {
        self.caller("test", "test").await
    }

    /// Calls it with somebody's keys.
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

impl Drop for Ministack {
    fn drop(&mut self) {
        // Closing the pipe is what ends it; waiting leaves nothing behind.
        drop(self.guard.stdin.take());
        _ = self.guard.wait();
    }
}
