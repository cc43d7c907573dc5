//! Answers of an approver through the API: a look at the request first, then yes or no.

use std::io::{self, IsTerminal, Write as _};

use anyhow::{Context, Result, ensure};
use domain::request::Verdict;
use wire::{DecisionBody, RequestDocument};

use super::requests::{ApiCommands, one};
use crate::args::DecisionArgs;

impl ApiCommands {
    /// Shows a request, unless the answer says `--yes`, and answers it. The digest and the version
    /// that were read go with the answer, so that it decides nothing else.
    pub(super) async fn decide(&self, verdict: Verdict, answer: &DecisionArgs) -> Result<String> {
        let DecisionArgs { id, reason, yes } = answer;
        let request = self.request(id).await?.into_document()?;
        if !yes {
            confirm(&request, verdict)?;
        }
        let body = DecisionBody {
            verdict,
            reason: reason.as_str().to_owned(),
            digest: request.terms.grant.digest.to_string(),
            version: request.version,
        };
        let path = format!("/requests/{id}/decisions");
        let after = self.api().await?.post(&path, &body, None).await?;
        self.shown(&after, one)
    }
}

fn confirm(request: &RequestDocument, verdict: Verdict) -> Result<()> {
    let (id, terms) = (&request.id, &request.terms);
    ensure!(
        io::stdin().is_terminal(),
        "look at it with `portcullis show {id}`, and say --yes where nobody is there to confirm"
    );
    let policy = match terms.grant.says.get("policy") {
        Some(policy) => policy.clone(),
        None => serde_json::to_value(&terms.grant)?,
    };
    let wish = match verdict {
        Verdict::Approve => "approve",
        Verdict::Deny => "deny",
    };
    let mut terminal = io::stderr();
    write!(
        terminal,
        "{}  asked by   {}\n  opens      as {}\n{policy:#}\n\nType {wish} to {wish} it: ",
        one(request),
        terms.requester,
        terms.grant.acts_as,
    )?;
    terminal.flush()?;
    let mut typed = String::new();
    io::stdin().read_line(&mut typed).context("nothing was typed")?;
    ensure!(typed.trim() == wish, "not confirmed; nothing was answered");
    Ok(())
}
