//! What it costs, measured and printed; nothing is asserted, as a busy machine proves
//! nothing.
//!
//! `cargo run --release -p bench` times the rules. `cargo run -p bench calls` counts the
//! calls to AWS that one life takes, with nobody else there and among a hundred thousand
//! others, and has a thousand grants end in one sweep. `cargo run --release -p bench due` has
//! two hundred thousand be over at once, and says how much memory the sweep took.

mod calls;
mod company;
mod due;
mod rules;

use std::process::ExitCode;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "this is what the program is for")]
async fn main() -> ExitCode {
    let table = match std::env::args().nth(1).as_deref() {
        None => rules::measure().map_err(|error| error.to_string()),
        Some("calls") => calls::measure().await.map_err(|error| format!("{error:#}")),
        Some("due") => due::measure().await.map_err(|error| format!("{error:#}")),
        Some(other) => Err(format!("there is no bench `{other}`; say `calls`, `due`, or nothing")),
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
