//! The command line, run as somebody at their own terminal.

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::{Someone, Stack, ministack::REGION};

/// What a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Whether it says it worked.
    pub ok: bool,
    /// What it printed as its result.
    pub out: String,
    /// What it complained of.
    pub err: String,
}

impl Ran {
    /// The result, if it worked.
    pub fn worked(self) -> Result<String> {
        if self.ok { Ok(self.out) } else { Err(anyhow::anyhow!("{}", self.err)) }
    }
}

impl Stack {
    /// Runs `portcullis` as somebody, or without a person as the administrator.
    pub async fn portcullis(&self, who: Option<&Someone>, args: &[&str]) -> Result<Ran> {
        let (key, secret) = who.map_or(("test", "test"), |someone| {
            (&someone.access_key_id, &someone.secret_access_key)
        });
        let output = Command::new(self.cli()?)
            .args(args)
            .env_clear()
            .env("AWS_ENDPOINT_URL", self.endpoint())
            .env("AWS_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", key)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .env("PORTCULLIS_API_URL", self.output("ApiUrl")?)
            .env(aws::config::REQUESTS_TABLE, self.output("RequestsTable")?)
            .env(aws::config::AUDIT_TABLE, self.output("AuditTable")?)
            .kill_on_drop(true)
            .output()
            .await
            .context("`portcullis` does not start")?;
        Ok(Ran {
            ok: output.status.success(),
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }
}
