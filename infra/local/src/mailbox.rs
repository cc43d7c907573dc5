//! The mails that SES has sent.

use anyhow::{Context, Result};
use domain::value::Person;
use serde::Deserialize;
use serde_json::Value;

/// A mail as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Received {
    /// The addresses that it was sent to.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The body as text.
    pub body_text: String,
    /// The body as HTML.
    pub body_html: String,
}

impl Received {
    /// The link to an approval, if there is exactly one.
    pub fn link(&self) -> Option<&str> {
        let mut links =
            self.body_text.split_whitespace().filter(|word| word.contains("/approvals/"));
        let link = links.next()?;
        links.next().is_none().then_some(link)
    }
}

/// The mails to one person, oldest first.
pub async fn mails_to(endpoint: &str, person: &Person) -> Result<Vec<Received>> {
    let text = reqwest::get(format!("{endpoint}/_ministack/ses/messages")).await?.text().await?;
    let answer: Value = serde_json::from_str(&text)?;
    let accounts = answer.get("messages").and_then(Value::as_object).context("no mailbox")?;
    let mut mails = Vec::new();
    for mail in accounts.values().filter_map(Value::as_array).flatten() {
        let mail: Received = serde_json::from_value(mail.clone())?;
        if mail.to.iter().any(|to| to == person.as_str()) {
            mails.push(mail);
        }
    }
    Ok(mails)
}
