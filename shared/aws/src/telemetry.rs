//! Logs: one JSON object a line, with ids and never with words of a person.

use std::error::Error;

use aws_smithy_types::error::display::DisplayErrorContext;

/// Starts logging to standard output, where Lambda collects it.
pub fn init() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .init();
}

/// An error with all its causes, as a log line needs it: an SDK error by itself
/// says no more than "service error".
pub fn with_causes(error: &dyn Error) -> String {
    DisplayErrorContext(error).to_string()
}
