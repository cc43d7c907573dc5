//! The program `portcullis`.

use std::process::ExitCode;

use clap::Parser;
use portcullis::{args::Cli, commands};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    commands::run(Cli::parse()).await
}
