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
use domain::request::Verdict;
use reconcile::Scope;
use service::Mode;

use crate::{
    args::{Cli, Command},
    commands::requests::ApiCommands,
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
    let commands = ApiCommands { url: api, token, json };
    match command {
        Command::Request(args) => commands.submit(&args).await,
        Command::Show { id } => commands.show(&id).await,
        Command::List => commands.list().await,
        Command::Cancel { id } => commands.cancel(&id).await,
        Command::Revoke { id, reason } => commands.revoke(&id, &reason).await,
        Command::Credentials { id, format } => commands.credentials(&id, format).await,
        Command::Approve(answer) => commands.decide(Verdict::Approve, &answer).await,
        Command::Deny(answer) => commands.decide(Verdict::Deny, &answer).await,
        Command::Entitlements => commands.entitlements().await,
        Command::Entitlement(command) => entitlement::run(command),
        Command::Rules(command) => rules::run(command, &commands).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Reconcile { dry_run, close_everything, table, stack } => {
            let mode = if dry_run { |_| Mode::DryRun } else { Mode::Repair };
            let scope = if close_everything { Scope::Everything } else { Scope::Drift };
            reconcile::run(mode, table, &stack, scope).await
        }
        Command::Doctor { stack } => doctor::run(&stack, &commands).await,
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
