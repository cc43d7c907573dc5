//! Logs: one JSON object a line, with ids and never with words of a person.

use std::error::Error;

/// Starts logging to standard output, where Lambda collects it.
pub fn init() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .init();
}

/// An error with all its causes, as a log line needs it: an SDK error by itself says no
/// more than "service error", and its causes name the code, the message and the call.
///
/// Nothing is printed by `Debug`: that of an error of the SDK, or of another library, shows
/// the whole answer, and with it whatever secret it holds (law 21).
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(shown).collect::<Vec<_>>().join(": ")
}

/// An error in its own words; of one that quotes what it has read, only the place.
fn shown(error: &(dyn Error + 'static)) -> String {
    if let Some(json) = error.downcast_ref::<serde_json::Error>() {
        let (line, column) = (json.line(), json.column());
        return format!("the JSON is not as it should be at line {line}, column {column}");
    }
    if error.is::<serde_dynamo::Error>() {
        return "an attribute is not as it should be".to_owned();
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use service::Fault;

    use super::*;

    #[test]
    fn a_fault_is_told_with_its_causes_and_without_what_they_have_read() {
        let read = serde_json::from_str::<u8>("\n \"a secret\"").unwrap_err();
        let told = with_causes(&Fault::new("read a row", read));
        assert_eq!(told, "read a row: the JSON is not as it should be at line 2, column 11");
        let plain = with_causes(&Fault::new("read a row", "it has no number `due_at`"));
        assert_eq!(plain, "read a row: it has no number `due_at`");
    }
}
