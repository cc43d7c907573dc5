//! `cargo demo` and `cargo up`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local::{demo, narrator::Narrator, up};
use tokio::signal::unix::{SignalKind, signal};

/// Portcullis on a laptop: the real template and binaries on a local AWS.
#[derive(Parser)]
#[command(name = "local")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Play the whole road once and stop everything.
    Demo,
    /// Keep a stack running, to use it by hand.
    Up,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let narrator = Narrator::start();
    let work = async {
        match Arguments::parse().command {
            Task::Demo => demo::play(&narrator).await,
            Task::Up => up::keep(&narrator).await,
        }
    };
    // Dropping the work drops the stack, which stops everything it started.
    let outcome = tokio::select! {
        biased; // listen for signals before anything is started
        () = told_to_stop() => Err(anyhow::anyhow!("stopped")),
        outcome = work => outcome,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            narrator.complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn told_to_stop() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        },
        Err(_) => _ = tokio::signal::ctrl_c().await,
    }
}
