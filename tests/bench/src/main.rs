//! What it costs. `cargo run --release -p bench` prints it; nothing is asserted, as
//! a busy machine proves nothing.

mod company;
mod rules;

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn main() {
    match rules::measure() {
        Ok(table) => println!("{table}"),
        Err(error) => println!("the rules of the bench are not sound:\n{error}"),
    }
}
