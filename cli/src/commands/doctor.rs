//! A look at a deployment.

use anyhow::Result;

use super::{requests::ApiCommands, say};
use crate::doctor::{Level, examine};

/// Reports all findings, and fails if something is wrong, so that a job can watch a deployment.
pub(super) async fn run(stack: &str, api: &ApiCommands) -> Result<String> {
    let findings = examine(&aws::sdk::load("cli").await, stack, aws::clock::now()).await?;
    let wrong = findings.iter().filter(|finding| finding.level == Level::Wrong).count();
    let told = if api.json {
        serde_json::to_string_pretty(&findings)?
    } else {
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    if wrong == 0 {
        return Ok(told);
    }
    say(&told);
    anyhow::bail!("{}", wording::counted(wrong, "thing is wrong", "things are wrong"))
}
