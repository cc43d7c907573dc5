//! Logs: one JSON object a line, with ids and never with words of a person.
//!
//! Each invocation runs in one span. Every line that is logged in it names, under `span`, the
//! function, its trigger, the Lambda request id, and the request it is about.

use std::error::Error;

use domain::value::RequestId;
use tracing::{Span, Subscriber, field::Empty};
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging to standard output, where Lambda collects it.
pub fn init() {
    // A second call is no failure: the logging of the first one goes on.
    _ = tracing::subscriber::set_global_default(subscriber(std::io::stdout));
}

fn subscriber<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .with_writer(writer)
        .finish()
}

/// The span of one invocation. The trigger is a route of the API, such as
/// `POST /requests/{id}/cancel`, or the name of an event source. It is never the path of a call,
/// which may hold a token.
pub fn invocation(function: &'static str, trigger: &str, lambda_request_id: &str) -> Span {
    tracing::info_span!("invocation", function, trigger, lambda_request_id, request = Empty)
}

/// Names the request that the rest of the current span is about.
pub fn about(request: &RequestId) {
    Span::current().record("request", request.as_str());
}

/// The text of an error with all its causes, for a log line. An SDK error by itself says no more
/// than "service error"; its causes name the code, the message and the call.
///
/// It does not use `Debug`: errors of the SDK and of other libraries show the whole answer there,
/// with any secret in it (law 21).
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(shown).collect::<Vec<_>>().join(": ")
}

/// The text of one error. An error that would quote its input gets a text of ours instead.
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
    use std::sync::{Arc, Mutex};

    use service::Fault;

    use super::*;

    /// The lines that `log` writes.
    fn logged(log: impl FnOnce()) -> Vec<serde_json::Value> {
        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let written = lines.clone();
        tracing::subscriber::with_default(subscriber(move || written.clone()), log);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn each_line_says_which_function_what_triggered_it_and_the_request_it_is_about() {
        let lines = logged(|| {
            invocation("intake", "POST /requests/{id}/cancel", "b7c1").in_scope(|| {
                tracing::info!("before it is known");
                about(&RequestId::from_random([1; 10]));
                tracing::error!(cause = "could not read row", "a call failed");
            });
        });
        let span = &lines[1]["span"];
        assert_eq!(span["function"], "intake");
        assert_eq!(span["trigger"], "POST /requests/{id}/cancel");
        assert_eq!(span["lambda_request_id"], "b7c1");
        assert_eq!(span["request"], "01010101010101010101");
        assert_eq!(lines[0]["span"].get("request"), None);
        assert_eq!(lines[1]["message"], "a call failed");
    }

    #[test]
    fn a_fault_is_told_with_its_causes_and_without_what_they_have_read() {
        let read = serde_json::from_str::<u8>("\n \"a secret\"").unwrap_err();
        let told = with_causes(&Fault::new("read row", read).on("REQ#1 STATE"));
        assert_eq!(
            told,
            "could not read row REQ#1 STATE: the JSON is not as it should be at line 2, column 11"
        );
        let plain = with_causes(
            &Fault::new("read row", "attribute `due_at` is missing").on("REQ#1\nSTATE"),
        );
        assert_eq!(plain, "could not read row REQ#1\\nSTATE: attribute `due_at` is missing");
    }
}
