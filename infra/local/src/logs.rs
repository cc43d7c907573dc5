//! The logs of the functions.

use std::fmt::Write as _;

use anyhow::Result;
use http::Request;
use serde_json::{Value, json};

use crate::Stack;

impl Stack {
    /// All lines that the functions logged so far, under the names of their log groups. Lambda's
    /// own lines about start and end are left out.
    pub async fn function_logs(&self) -> Result<String> {
        let groups = self.logs("DescribeLogGroups", &json!({})).await?;
        let names = texts(&groups, "/logGroups", "/logGroupName");
        let mut text = String::new();
        for name in names {
            let events = self.logs("FilterLogEvents", &json!({ "logGroupName": name })).await?;
            for line in texts(&events, "/events", "/message") {
                if line.starts_with('{') {
                    _ = writeln!(text, "{name}: {}", line.trim_end());
                }
            }
        }
        Ok(text)
    }

    async fn logs(&self, action: &str, body: &Value) -> Result<Value> {
        let request = Request::post("/")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("Logs_20140328.{action}"));
        let answer = self.aws().call("logs", request, "", body.to_string().into_bytes()).await?;
        Ok(serde_json::from_str(&answer)?)
    }
}

fn texts(value: &Value, list: &str, field: &str) -> Vec<String> {
    let items = value.pointer(list).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.pointer(field)?.as_str().map(str::to_owned)).collect()
}
