//! The messages for people who wait.

use std::time::Instant;

/// Prints the steps, each with the seconds since the start.
#[derive(Debug, Clone, Copy)]
pub struct Narrator {
    started: Option<Instant>,
}

impl Narrator {
    /// Starts the clock.
    pub fn start() -> Self {
        Self { started: Some(Instant::now()) }
    }

    /// Makes a narrator that prints nothing, for tests.
    pub fn silent() -> Self {
        Self { started: None }
    }

    /// Prints the title of a chapter.
    pub fn chapter(&self, title: &str) {
        self.line(&format!("\n── {title} ──"));
    }

    /// Prints a step that happened, or that is awaited.
    pub fn say(&self, text: &str) {
        if let Some(started) = self.started {
            self.line(&format!("{:6.1} s  {text}", started.elapsed().as_secs_f32()));
        }
    }

    /// Prints the output of a program.
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

    /// Prints an error, and what to do about it.
    #[expect(clippy::print_stderr, reason = "this is where the program complains")]
    pub fn complain(&self, text: &str) {
        eprintln!("\n{text}");
    }
}
