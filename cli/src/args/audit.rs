//! The arguments of `portcullis audit`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use domain::value::RequestId;
use jiff::{Timestamp, civil::Date};

/// The rows of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// One row for each event.
    Events,
    /// One row for each request.
    Requests,
}

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// JSON Lines.
    Jsonl,
    /// CSV with a header (RFC 4180).
    Csv,
}

/// Work on the audit record.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Write what is on record about some days: every event, or one row for each request.
    ///
    /// The view `requests` is the population that samples are taken from: each request that was
    /// asked for, waited, was open or ended in the period, also if it was denied, expired or failed.
    /// Beside the file stands its manifest, with the bounds, the totals and the digest.
    ///
    /// In CSV, an apostrophe stands before each cell that a program for tables could take for a
    /// formula, and before each that begins with one.
    #[command(after_help = "Examples:\n  \
        portcullis audit export --view requests --format csv --from 2026-05-01 --out may.csv\n  \
        portcullis audit export > today.jsonl\n  \
        portcullis audit export --from 2026-05-01 --to 2026-05-31 --out may.jsonl")]
    Export {
        /// The rows: one for each event, or one for each request.
        #[arg(long, value_enum, default_value_t = View::Events)]
        view: View,
        /// The format. Events are JSON Lines.
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
        /// The first day (UTC); today if left out.
        #[arg(long)]
        from: Option<Date>,
        /// The last day (UTC), included; today if left out.
        #[arg(long)]
        to: Option<Date>,
        /// The file to write; standard output if left out.
        #[arg(long)]
        out: Option<PathBuf>,
        /// The audit table, as the output AuditTable of the stack names it.
        #[arg(long, env = aws::config::AUDIT_TABLE)]
        table: String,
    },
    /// Check checkpoints, or an export, offline: every signature, hash, link and place.
    ///
    /// Checkpoints are a directory with a copy of the bucket, or the bucket itself. They prove that
    /// nothing was altered, and that nothing is missing. An export alone proves the first only, and
    /// only from the first event of each request on.
    ///
    /// Exit status: 0 sound, 3 altered, 4 missing, 5 unreadable, 1 anything else.
    #[command(after_help = "Examples:\n  \
        aws s3 sync s3://BUCKET record && portcullis audit verify record --key public.pem\n  \
        portcullis audit verify s3://BUCKET --key public.pem\n  \
        portcullis audit verify may.jsonl")]
    Verify {
        /// A directory with the checkpoints, s3:// and the bucket, a proof, or an export.
        path: String,
        /// The public key, as `portcullis audit key` prints it. Checkpoints and proofs need it.
        #[arg(long)]
        key: Option<PathBuf>,
        /// The audit table, to be compared with the checkpoints as well.
        #[arg(long)]
        table: Option<String>,
        /// The time up to which checkpoints should reach, if the copy is not of today.
        #[arg(long)]
        as_of: Option<Timestamp>,
    },
    /// Write the proof of one request, for somebody who may see nothing else.
    ///
    /// The proof has the entries of the request, their paths to the roots of signed trees, and the
    /// signed statements. `portcullis audit verify` reads it.
    #[command(after_help = "Example:\n  \
        portcullis audit prove ID record --key public.pem --out proof.json")]
    Prove {
        /// The id of the request.
        id: RequestId,
        /// A directory with the checkpoints, or s3:// and the bucket.
        path: String,
        /// The public key: checkpoints are verified first.
        #[arg(long)]
        key: PathBuf,
        /// The file to write; standard output if left out.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Copy to the audit record what its stream has lost, from the requests table.
    ///
    /// No row is changed or deleted. The command can be stopped and begun
    /// again. With your own credentials: the parameter Operators of the stack has to name you.
    #[command(after_help = "Examples:\n  \
        portcullis audit backfill --dry-run\n  \
        portcullis audit backfill")]
    Backfill {
        /// Only say what is missing.
        #[arg(long)]
        dry_run: bool,
        /// The requests table, as the output RequestsTable of the stack names it.
        #[arg(long, env = aws::config::REQUESTS_TABLE)]
        requests: String,
        /// The audit table, as the output AuditTable of the stack names it.
        #[arg(long, env = aws::config::AUDIT_TABLE)]
        table: String,
    },
    /// Print the public key that checkpoints are verified with. Keep it outside of AWS.
    #[command(after_help = "Example:\n  portcullis audit key > public.pem")]
    Key {
        /// The key, as the output `CheckpointKey` of the stack names it.
        #[arg(long, env = aws::config::CHECKPOINT_KEY)]
        key: String,
    },
}
