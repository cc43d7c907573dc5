//! Costs, measured and printed. Nothing is asserted, because figures of a busy machine prove
//! nothing.
//!
//! `cargo run --release -p bench` times the rules. `cargo run -p bench calls` counts the calls to
//! AWS for the life of one request, alone and among a hundred thousand others, and lets a thousand
//! grants end in one sweep. `cargo run --release -p bench due` lets two hundred thousand requests
//! be over at once, and prints the memory that the sweep took. `cargo run --release -p bench record`
//! times the copying, signing and verifying of the audit record.

mod calls;
mod company;
mod due;
mod record;
mod rules;

use std::process::ExitCode;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "this is what the program is for")]
async fn main() -> ExitCode {
    let table = match std::env::args().nth(1).as_deref() {
        None => rules::measure().map_err(|error| error.to_string()),
        Some("calls") => calls::measure().await.map_err(|error| format!("{error:#}")),
        Some("record") => record::measure().map_err(|error| format!("{error:#}")),
        Some("due") => due::measure().await.map_err(|error| format!("{error:#}")),
        Some(other) => {
            Err(format!("there is no bench `{other}`; say `calls`, `due`, `record`, or nothing"))
        }
    };
    match table {
        Ok(table) => {
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("nothing was measured: {error}");
            ExitCode::FAILURE
        }
    }
}
