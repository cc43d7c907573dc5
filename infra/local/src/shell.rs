//! The command line, run as by a person at their own terminal.

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::{Someone, Stack, ministack::REGION};

/// The result of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Whether it ended with success.
    pub ok: bool,
    /// Its exit status. `None` if a signal ended it.
    pub code: Option<i32>,
    /// The text on its standard output.
    pub out: String,
    /// The text on its standard error.
    pub err: String,
}

impl Ran {
    /// The standard output, or the standard error as an error if the program failed.
    pub fn worked(self) -> Result<String> {
        if self.ok { Ok(self.out) } else { Err(anyhow::anyhow!("{}", self.err)) }
    }
}

impl Stack {
    /// Runs `portcullis` as this person, or as the administrator without one.
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
            .env(aws::config::CHECKPOINT_KEY, self.output("CheckpointKey")?)
            .kill_on_drop(true)
            .output()
            .await
            .context("`portcullis` does not start")?;
        Ok(Ran {
            ok: output.status.success(),
            code: output.status.code(),
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }
}
