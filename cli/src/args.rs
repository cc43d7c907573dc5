//! The command line: its commands, their arguments, and the help texts.

mod audit;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::TypedValueParser as _};
use domain::{
    grant::RoleArn,
    value::{Duration, EntitlementId, Reason, RequestId, Start, Ticket},
};

use crate::{
    api::BearerToken,
    free_text::{free_text, parsed},
};

pub use audit::{Audit, ExportFormat, View};

/// Just-in-time access to AWS: ask for one thing, for a while, with a reason.
///
/// Credentials, region and profile are found as every AWS tool finds them
/// (AWS_PROFILE, AWS_REGION, `aws login`, SSO, instance roles and so on). An API whose
/// name says its region is called there.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, arg_required_else_help = true, verbatim_doc_comment)]
#[command(after_help = "Examples:\n  \
    portcullis request orders-read --for 1h --reason \"incident 4711\"\n  \
    portcullis list\n  \
    portcullis audit export --out audit.jsonl && portcullis audit verify audit.jsonl")]
pub struct Cli {
    /// Print requests and entitlements as JSON, as the API gives them.
    #[arg(long, global = true)]
    pub json: bool,
    /// The API, as the output ApiUrl of the stack names it.
    #[arg(long, global = true, env = "PORTCULLIS_API_URL", value_name = "URL")]
    pub api: Option<String>,
    /// A token of your identity provider, where the API takes tokens instead of AWS
    /// signatures.
    #[arg(long, global = true, env = "PORTCULLIS_TOKEN", hide_env_values = true)]
    #[arg(allow_hyphen_values = true, value_parser = free_text().map(BearerToken::from))]
    pub token: Option<BearerToken>,
    /// What to do.
    #[command(subcommand)]
    pub command: CliCommand,
}

/// A command, with its arguments.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Ask for access.
    #[command(after_help = "Examples:\n  \
        portcullis request orders-read --for 2h30m --reason \"incident 4711\"\n  \
        portcullis request orders-read --for 1h --reason \"release\" --starts-at 2026-05-04T18:00:00Z\n  \
        portcullis request orders-write --for 30m --reason \"why?\" --dry-run\n  \
        portcullis request orders-write --for 30m --reason \"shop is down\" --break-glass")]
    Request(RequestArgs),
    /// Show one request with everything that happened to it.
    Show {
        /// The id of the request.
        id: RequestId,
    },
    /// List your requests, newest first.
    List,
    /// Take back a request that is not decided yet.
    Cancel {
        /// The id of the request.
        id: RequestId,
    },
    /// Close access early: your own, or as the rules let you.
    #[command(after_help = "Examples:\n  \
        portcullis revoke 0123456789abcdef0123 --reason \"done early\"")]
    Revoke {
        /// The id of the request.
        id: RequestId,
        /// The reason; it stays on record.
        #[arg(long, allow_hyphen_values = true, value_parser = parsed::<Reason>())]
        reason: Reason,
    },
    /// Fetch credentials for an open request that is granted by session.
    ///
    /// They are printed and kept nowhere. Each call gives new ones; the tools of AWS fetch
    /// them by themselves with a `credential_process`.
    #[command(after_help = "Examples:\n  \
        eval \"$(portcullis credentials 0123456789abcdef0123)\"\n  \
        in ~/.aws/config:\n    \
        credential_process = portcullis credentials 0123456789abcdef0123 --format process")]
    Credentials {
        /// The id of the request.
        id: RequestId,
        /// The program that reads them.
        #[arg(long, value_enum, default_value = "shell")]
        format: Format,
    },
    /// Approve a request of somebody else, after a look at it.
    #[command(after_help = "Examples:\n  \
        portcullis approve 0123456789abcdef0123 --reason \"seen the incident\"\n  \
        portcullis show 0123456789abcdef0123 && portcullis approve 0123456789abcdef0123 \\\n      \
        --reason \"seen the incident\" --yes")]
    Approve(DecisionArgs),
    /// Deny a request of somebody else.
    #[command(after_help = "Example:\n  \
        portcullis deny 0123456789abcdef0123 --reason \"ask the owners first\"")]
    Deny(DecisionArgs),
    /// List what you may ask for.
    Entitlements,
    /// Work on one entry of the catalogue.
    #[command(subcommand)]
    Entitlement(EntitlementCommand),
    /// Work on the rules: who may ask for what, and who decides.
    #[command(subcommand)]
    Rules(Rules),
    /// Work on the audit record.
    #[command(subcommand)]
    Audit(Audit),
    /// Compare what IAM holds under our names with the records, and repair what differs.
    ///
    /// The function reconcile does this every hour. By hand it works with your own credentials,
    /// also when no function runs or the table was lost: what no live grant owns is taken
    /// away, what somebody has changed is put back, and both is on record in your name.
    #[command(after_help = "Examples:\n  \
        portcullis reconcile --dry-run\n  \
        portcullis reconcile\n  \
        portcullis reconcile --close-everything --dry-run")]
    Reconcile {
        /// Only say what would be done.
        #[arg(long)]
        dry_run: bool,
        /// Take all that this deployment has granted, also what is open by right: before its
        /// stack is removed.
        #[arg(long)]
        close_everything: bool,
        /// The requests table, as the output RequestsTable of the stack names it.
        #[arg(long, env = aws::config::REQUESTS_TABLE)]
        table: String,
        /// The name of the stack: what it grants carries its mark, and under another name
        /// nothing is found.
        #[arg(long, env = aws::config::STACK, default_value = "portcullis")]
        stack: String,
    },
    /// Look at a deployment, and say what is wrong with it and what to do.
    ///
    /// Changes nothing. Needs to read the stack, its tables, SES and the schedule.
    #[command(after_help = "Examples:\n  \
        portcullis doctor\n  \
        portcullis doctor --stack portcullis-test --json")]
    Doctor {
        /// The name of the stack.
        #[arg(long, env = "PORTCULLIS_STACK", default_value = "portcullis")]
        stack: String,
    },
}

/// The arguments of `portcullis request`.
#[derive(Debug, Args)]
pub struct RequestArgs {
    /// The entitlement, such as orders-read; see `portcullis entitlements`.
    pub entitlement: EntitlementId,
    /// The duration, such as 45m, 2h30m or PT1H.
    #[arg(long = "for", value_name = "DURATION")]
    pub duration: Duration,
    /// The reason; the approver reads it, and it stays on record.
    #[arg(long, allow_hyphen_values = true, value_parser = parsed::<Reason>())]
    pub reason: Reason,
    /// The ticket it belongs to.
    #[arg(long, allow_hyphen_values = true, value_parser = parsed::<Ticket>())]
    pub ticket: Option<Ticket>,
    /// The start, such as 2026-05-04T18:00:00Z; the approval if left out.
    #[arg(long, value_name = "TIME")]
    pub starts_at: Option<Start>,
    /// The open request it goes on from, if you need longer. That one ends on its own.
    #[arg(long, value_name = "ID")]
    pub extends: Option<RequestId>,
    /// Say what it would take, and ask for nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Open it at once, because it burns. Everybody is notified, and somebody reviews it
    /// afterwards. You are asked to type the name of the entitlement again.
    #[arg(long, conflicts_with = "starts_at")]
    pub break_glass: bool,
    /// The name of the entitlement again, where nobody is there to type it.
    #[arg(long, value_name = "ENTITLEMENT", requires = "break_glass")]
    pub confirm: Option<EntitlementId>,
}

/// The reader of printed credentials.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// A shell: variables of the environment.
    Shell,
    /// The tools of AWS: the output of a `credential_process`.
    Process,
}

/// The arguments of `portcullis approve` and `portcullis deny`.
#[derive(Debug, Args)]
pub struct DecisionArgs {
    /// The id of the request, as the mail names it.
    pub id: RequestId,
    /// The reason; the requester reads it, and it stays on record.
    #[arg(long, allow_hyphen_values = true, value_parser = parsed::<Reason>())]
    pub reason: Reason,
    /// Do not show it and ask again.
    #[arg(long)]
    pub yes: bool,
}

/// Work on one entry of the catalogue.
#[derive(Debug, Subcommand)]
pub enum EntitlementCommand {
    /// Print what the trust policy of its role has to say, so that sessions of it can be
    /// given out.
    #[command(after_help = "Example:\n  \
        portcullis entitlement trust-policy deploy --rules my-rules \\\n    \
        --session-role arn:aws:iam::123456789012:role/portcullis/portcullis/portcullis-SessionRole-1ABC")]
    TrustPolicy {
        /// The entry.
        id: EntitlementId,
        /// The rules directory it stands in.
        #[arg(long, value_name = "DIRECTORY")]
        rules: PathBuf,
        /// The role that assumes it: the output `SessionRole` of the stack.
        #[arg(long, env = "PORTCULLIS_SESSION_ROLE", value_name = "ARN")]
        session_role: RoleArn,
    },
}

/// Work on the rules.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Check a rules directory and name everything that is wrong with it.
    Validate {
        /// The directory, with entitlements.toml, people.toml, *.cedar and policies/.
        directory: PathBuf,
    },
    /// Try the tests.toml beside the rules: what they should say.
    Test {
        /// The directory.
        directory: PathBuf,
    },
    /// Say what would change: against what is in force, or another directory.
    #[command(after_help = "Examples:\n  \
        portcullis rules diff my-rules\n  \
        portcullis rules diff my-rules --against ../main/my-rules")]
    Diff {
        /// The directory.
        directory: PathBuf,
        /// The directory to compare with.
        #[arg(long)]
        against: Option<PathBuf>,
        /// The requests table, as the output RequestsTable of the stack names it.
        #[arg(long, env = aws::config::REQUESTS_TABLE)]
        table: Option<String>,
    },
    /// Say which rules decided about a request, from its record alone.
    #[command(after_help = "Examples:\n  \
        portcullis rules explain 0123456789abcdef0123\n  \
        portcullis rules explain 0123456789abcdef0123 --record may.jsonl")]
    Explain {
        /// The id of the request.
        id: RequestId,
        /// An export of the audit record; the API is asked if left out.
        #[arg(long, value_name = "EXPORT")]
        record: Option<PathBuf>,
    },
    /// Check a rules directory, try its tests, and put it into force.
    ///
    /// Your AWS credentials say who you are, also where the API takes tokens: the rules in
    /// force have to let you `publish`, or the parameter Publishers of the stack names you.
    /// Where the rules in force say `two_publishers`, somebody else has to push the same.
    #[command(after_help = "Example:\n  portcullis rules push my-rules")]
    Push {
        /// The directory, with entitlements.toml, people.toml, *.cedar and policies/.
        directory: PathBuf,
        /// The name of the stack, whose parameters say how far it reaches.
        #[arg(long, env = aws::config::STACK, default_value = "portcullis")]
        stack: String,
    },
    /// List what was put into force, by whom, and what it changed; newest first.
    Log {
        /// The requests table, as the output RequestsTable of the stack names it.
        #[arg(long, env = aws::config::REQUESTS_TABLE)]
        table: String,
    },
}

#[cfg(test)]
mod tests;
