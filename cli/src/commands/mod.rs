//! The commands, and how they speak: results on standard output, everything else
//! on standard error, and an exit status a script can trust.

mod audit;
mod decide;
mod doctor;
mod entitlement;
mod explain;
mod reconcile;
mod requests;
mod rules;

use std::process::ExitCode;

use anyhow::Result;
use domain::Verdict;
use reconcile::Scope;
use service::Look;

use crate::{
    args::{Cli, Command},
    commands::requests::Desk,
};

/// Carries out a command. 0: done. 1: refused, or it did not work.
pub async fn run(cli: Cli) -> ExitCode {
    match dispatch(cli).await {
        Ok(text) => {
            say(text.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("portcullis: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(Cli { json, api, token, command }: Cli) -> Result<String> {
    let desk = Desk { url: api, token, json };
    match command {
        Command::Request(ask) => desk.ask(&ask).await,
        Command::Show { id } => desk.show(&id).await,
        Command::List => desk.list().await,
        Command::Cancel { id } => desk.cancel(&id).await,
        Command::Revoke { id, reason } => desk.revoke(&id, &reason).await,
        Command::Credentials { id, format } => desk.credentials(&id, format).await,
        Command::Approve(answer) => desk.decide(Verdict::Approve, &answer).await,
        Command::Deny(answer) => desk.decide(Verdict::Deny, &answer).await,
        Command::Entitlements => desk.entitlements().await,
        Command::Entitlement(command) => entitlement::run(command),
        Command::Rules(command) => rules::run(command, &desk).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Reconcile { dry_run, close_everything, table, stack } => {
            let look = if dry_run { |_| Look::Only } else { Look::AndMend };
            let scope = if close_everything { Scope::Everything } else { Scope::Drift };
            reconcile::run(look, (table, &stack), scope).await
        }
        Command::Doctor { stack } => doctor::run(&stack, &desk).await,
    }
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn say(text: &str) {
    if !text.is_empty() {
        println!("{text}");
    }
}

#[expect(clippy::print_stderr, reason = "this is where the program complains")]
fn complain(text: &str) {
    eprintln!("{text}");
}
