//! Figures for `CloudWatch`, in its embedded metric format, which takes a line of the log and no
//! call.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::Write as _;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use service::Fault;

/// The namespace of the figures. The alarms of the template name it too.
const NAMESPACE: &str = "Portcullis";

/// The figures of one deployment.
#[derive(Debug, Clone)]
pub struct Metrics {
    deployment: String,
}

/// One figure: its name, its unit, and its value.
pub type Figure = (&'static str, &'static str, u64);

/// The outcome of a job: figures for the alarms, and a summary for its caller.
#[derive(Debug)]
pub struct JobReport {
    /// The figures for the alarms.
    pub figures: Vec<Figure>,
    /// The summary for people.
    pub answer: Value,
    /// Faults for which a part of the job was not done. They are logged already.
    pub blind: Vec<Fault>,
}

impl JobReport {
    /// The answer of the invocation. A part that was not done makes it fail, so that its alarm
    /// rings; the figures have to be reported before.
    pub fn into_answer(mut self) -> Result<Value, Fault> {
        self.blind.pop().map_or(Ok(self.answer), Err)
    }
}

impl Metrics {
    /// The figures of the deployment of this name.
    pub fn of(deployment: String) -> Self {
        Self { deployment }
    }

    /// Writes figures to standard output, where Lambda collects them.
    pub fn put(&self, figures: &[Figure], now: Timestamp) {
        // A failure to write the log cannot be logged either.
        _ = writeln!(std::io::stdout(), "{}", self.line(figures, now));
    }

    fn line(&self, figures: &[Figure], now: Timestamp) -> Value {
        let metric = |(name, unit, _): &Figure| json!({ "Name": name, "Unit": unit });
        let metrics: Vec<_> = figures.iter().map(metric).collect();
        let mut line: Map<String, Value> =
            figures.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))).collect();
        line.insert("Deployment".to_owned(), json!(self.deployment));
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Deployment"]],
                    "Metrics": metrics,
                }],
            }),
        );
        Value::Object(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_measured_where_and_how_much() {
        let now = "2026-05-04T10:00:00Z".parse().unwrap();
        let metrics = Metrics::of("portcullis".to_owned());
        let line = metrics.line(&[("Drift", "Count", 2)], now);
        assert_eq!(
            line,
            json!({
                "Deployment": "portcullis",
                "Drift": 2,
                "_aws": {
                    "Timestamp": 1_777_888_800_000_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Portcullis",
                        "Dimensions": [["Deployment"]],
                        "Metrics": [{ "Name": "Drift", "Unit": "Count" }],
                    }],
                },
            })
        );
    }
}
