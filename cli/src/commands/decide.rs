//! Answering as a signed-in approver: look first, then say yes or no.

use std::io::{self, IsTerminal, Write as _};

use anyhow::{Context, Result, ensure};
use domain::{request::Verdict, value::RequestId};
use serde_json::{Value, json};

use super::requests::{ApiCommands, one, word};
use crate::args::DecisionArgs;

impl ApiCommands {
    /// Shows what there is to decide, and answers what was shown: its digest and
    /// version go with the answer, so that nothing else is decided by it.
    pub(super) async fn decide(&self, verdict: Verdict, answer: &DecisionArgs) -> Result<String> {
        let DecisionArgs { id, reason, yes } = answer;
        let request = self.request(id).await?;
        if !yes {
            confirm(id, &request, verdict)?;
        }
        let body = json!({
            "verdict": verdict,
            "reason": reason,
            "digest": request.pointer("/grant/digest"),
            "version": request.get("version"),
        });
        let path = format!("/requests/{id}/decisions");
        let after = self.api().await?.post(&path, &body, None).await?;
        Ok(self.shown(&after, one))
    }
}

fn confirm(id: &RequestId, request: &Value, verdict: Verdict) -> Result<()> {
    ensure!(
        io::stdin().is_terminal(),
        "look at it with `portcullis show {id}`, and say --yes where nobody is there to confirm"
    );
    let policy = request.pointer("/grant/policy").or(request.get("grant")).cloned();
    let policy = policy.unwrap_or_default();
    let wish = match verdict {
        Verdict::Approve => "approve",
        Verdict::Deny => "deny",
    };
    let mut terminal = io::stderr();
    write!(
        terminal,
        "{}  asked by   {}\n  opens      as {}\n{policy:#}\n\nType {wish} to {wish} it: ",
        one(request),
        word(request, "/requester"),
        word(request, "/grant/as"),
    )?;
    terminal.flush()?;
    let mut typed = String::new();
    io::stdin().read_line(&mut typed).context("nothing was typed")?;
    ensure!(typed.trim() == wish, "not confirmed; nothing was answered");
    Ok(())
}
