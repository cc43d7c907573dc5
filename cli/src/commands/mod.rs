//! The commands, and their output: results on standard output, everything else on standard error,
//! and an exit status that a script can trust.

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
use reconcile::ReconcileScope;
use service::Mode;

use crate::{
    args::{Cli, CliCommand},
    commands::requests::ApiCommands,
    verify::Finding,
};

/// Carries out a command. Exit status 0: done. 1: refused or failed. Of `audit verify` also 3:
/// altered. 4: missing. 5: unreadable. (2 is that of a command line that is not understood.)
pub async fn run(cli: Cli) -> ExitCode {
    match dispatch(cli).await {
        Ok(text) => {
            say(text.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("portcullis: {error:#}"));
            match audit::finding(&error) {
                Some(Finding::Altered) => ExitCode::from(3),
                Some(Finding::Missing) => ExitCode::from(4),
                Some(Finding::Unreadable) => ExitCode::from(5),
                None => ExitCode::FAILURE,
            }
        }
    }
}

async fn dispatch(Cli { json, api, token, command }: Cli) -> Result<String> {
    let commands = ApiCommands { url: api, token, json };
    match command {
        CliCommand::Request(args) => commands.submit(&args).await,
        CliCommand::Show { id } => commands.show(&id).await,
        CliCommand::List => commands.list().await,
        CliCommand::Cancel { id } => commands.cancel(&id).await,
        CliCommand::Revoke { id, reason } => commands.revoke(&id, &reason).await,
        CliCommand::Credentials { id, format } => commands.credentials(&id, format).await,
        CliCommand::Approve(answer) => commands.decide(Verdict::Approve, &answer).await,
        CliCommand::Deny(answer) => commands.decide(Verdict::Deny, &answer).await,
        CliCommand::Entitlements => commands.entitlements().await,
        CliCommand::Entitlement(command) => entitlement::run(command),
        CliCommand::Rules(command) => rules::run(command, &commands).await,
        CliCommand::Audit(command) => audit::run(command).await,
        CliCommand::Reconcile { dry_run, close_everything, table, stack } => {
            let mode = if dry_run { |_| Mode::DryRun } else { Mode::Repair };
            let scope =
                if close_everything { ReconcileScope::Everything } else { ReconcileScope::Drift };
            reconcile::run(mode, table, &stack, scope).await
        }
        CliCommand::Doctor { stack } => doctor::run(&stack, &commands).await,
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
