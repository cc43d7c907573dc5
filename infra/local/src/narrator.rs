//! What people read while they wait.

use std::time::Instant;

/// Tells what happens, each line with the seconds since the start.
#[derive(Debug, Clone, Copy)]
pub struct Narrator {
    started: Option<Instant>,
}

impl Narrator {
    /// Starts the clock.
    pub fn start() -> Self {
        Self { started: Some(Instant::now()) }
    }

    /// Says nothing, for tests.
    pub fn silent() -> Self {
        Self { started: None }
    }

    /// Opens a chapter.
    pub fn chapter(&self, title: &str) {
        self.line(&format!("\n── {title} ──"));
    }

    /// Tells that something happened, or is being waited for.
    pub fn say(&self, text: &str) {
        if let Some(started) = self.started {
            self.line(&format!("{:6.1} s  {text}", started.elapsed().as_secs_f32()));
        }
    }

    /// Shows what a program printed.
    pub fn quote(&self, text: &str) {
        for line in text.trim_end().lines() {
            self.line(&format!("          │ {line}"));
        }
    }

    /// Prints a line as it is.
    #[expect(clippy::print_stdout, reason = "this is what the program is for")]
    pub fn line(&self, text: &str) {
        if self.started.is_some() {
            println!("{text}");
        }
    }

    /// Tells that something went wrong, and what to do.
    #[expect(clippy::print_stderr, reason = "this is where the program complains")]
    pub fn complain(&self, text: &str) {
        eprintln!("\n{text}");
    }
}
