//! Asking, and looking at what was asked.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use domain::{Digest, Duration, EntitlementId, Reason, RequestId};
use serde_json::{Value, json};

use crate::api::Api;

/// Where requests are made and looked at, and how answers are shown.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) url: Option<String>,
    pub(super) json: bool,
}

impl Desk {
    pub(super) async fn ask(
        &self,
        entitlement: &EntitlementId,
        duration: Duration,
        reason: &Reason,
    ) -> Result<String> {
        let body = json!({ "entitlement": entitlement, "duration": duration, "reason": reason });
        // One key an attempt: the transport may try twice, the request is made once.
        let key = Digest::of_bytes("attempt", &[&aws::chance::bytes::<16>()?]).to_string();
        let asked = self.api().await?.post("/requests", &body, Some(&key)).await?;
        Ok(self.shown(&asked, |asked| {
            format!("{}\nFollow it with: portcullis show {}", one(asked), word(asked, "/id"))
        }))
    }

    pub(super) async fn show(&self, id: &RequestId) -> Result<String> {
        let found = self.api().await?.get(&format!("/requests/{id}")).await?;
        Ok(self.shown(&found, |found| one(found) + &timeline(found)))
    }

    pub(super) async fn cancel(&self, id: &RequestId) -> Result<String> {
        let path = format!("/requests/{id}/cancel");
        let after = self.api().await?.post(&path, &json!({}), None).await?;
        Ok(self.shown(&after, one))
    }

    pub(super) async fn list(&self) -> Result<String> {
        let api = self.api().await?;
        let (mut requests, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let from = cursor.map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
            let page = api.get(&format!("/requests{from}")).await?;
            requests.extend(items(&page, "/requests").cloned());
            cursor = text_at(&page, "/cursor").map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        let list = json!({ "requests": requests });
        Ok(self.shown(&list, |list| {
            lines(items(list, "/requests"), "You have not asked for anything yet.", |request| {
                let [id, status, what] =
                    ["/id", "/status", "/entitlement"].map(|at| word(request, at));
                let until = text_at(request, "/window/ends_at");
                let until = until.map(|at| format!("  until {at}")).unwrap_or_default();
                format!("{id}  {status:<10}  {what}{until}")
            })
        }))
    }

    pub(super) async fn entitlements(&self) -> Result<String> {
        let found = self.api().await?.get("/entitlements").await?;
        Ok(self.shown(&found, |found| {
            lines(items(found, "/entitlements"), "There is nothing you may ask for.", |entry| {
                let [id, title, longest] =
                    ["/id", "/title", "/max_duration"].map(|at| word(entry, at));
                format!("{id:<24}  {title} (at most {longest})")
            })
        }))
    }

    async fn api(&self) -> Result<Api> {
        let url = self.url.as_deref().context(
            "where is the API? Set PORTCULLIS_API_URL to the output ApiUrl of the stack, or say --api",
        )?;
        Api::new(&aws::sdk::load().await, url)
    }

    fn shown(&self, answer: &Value, as_text: impl FnOnce(&Value) -> String) -> String {
        if self.json { format!("{answer:#}") } else { as_text(answer) }
    }
}

fn lines<'a>(
    items: impl Iterator<Item = &'a Value>,
    if_none: &str,
    line: impl Fn(&'a Value) -> String,
) -> String {
    let lines: Vec<_> = items.map(line).collect();
    if lines.is_empty() { if_none.to_owned() } else { lines.join("\n") }
}

fn one(request: &Value) -> String {
    let mut text = format!("{}  {}\n", word(request, "/id"), word(request, "/status"));
    let mut line = |name: &str, value: String| _ = writeln!(text, "  {name:<10} {value}");
    line("what", format!("{} for {}", word(request, "/entitlement"), word(request, "/duration")));
    line("why", word(request, "/reason").to_owned());
    if let Some(ends_at) = text_at(request, "/window/ends_at") {
        line("open", format!("{} to {ends_at}", word(request, "/window/starts_at")));
    } else if word(request, "/status") == "pending" {
        line("decide by", word(request, "/decide_by").to_owned());
    }
    for decision in items(request, "/decisions") {
        let [by, verdict, reason] = ["/by", "/verdict", "/reason"].map(|at| word(decision, at));
        line(verdict, format!("{by}: {reason}"));
    }
    if let Some(failure) = text_at(request, "/failure") {
        line("failed", failure.to_owned());
    }
    text
}

fn timeline(request: &Value) -> String {
    items(request, "/timeline").fold(String::from("  what happened\n"), |mut text, entry| {
        let actor = text_at(entry, "/actor/person").unwrap_or("portcullis");
        let [at, what] = ["/at", "/event/type"].map(|at| word(entry, at));
        _ = writeln!(text, "    {at:<24}  {what:<10}  {actor}");
        text
    })
}

fn items<'a>(value: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(at).and_then(Value::as_array).into_iter().flatten()
}

fn text_at<'a>(value: &'a Value, at: &str) -> Option<&'a str> {
    value.pointer(at)?.as_str()
}

fn word<'a>(value: &'a Value, at: &str) -> &'a str {
    text_at(value, at).unwrap_or("?")
}
