//! What SES tells of mails, through the default event bus.
//!
//! Shapes: <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>,
//! in the `detail` of an event. The tags are those that the mail was sent with.

use std::collections::HashMap;

use domain::{Person, RequestId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use service::{Delivery, Occasion, Outcome};

/// Where these events come from. Nobody but AWS can send them.
pub(crate) const SOURCE: &str = "aws.ses";

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "eventType")]
    kind: String,
    mail: Sent,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
struct Sent {
    destination: Vec<String>,
    tags: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_sub_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_sub_type: Option<String>,
}

/// What an event says, for each addressee. Nothing for a mail that is not ours, or
/// for what changes nothing.
pub(crate) fn read(detail: Value, now: Timestamp) -> Result<Vec<Delivery>, serde_json::Error> {
    let event: Event = serde_json::from_value(detail)?;
    let (Some(occasion), Some(outcome)) = (occasion(&event.mail.tags), outcome(&event)) else {
        return Ok(Vec::new());
    };
    let people = event.mail.destination.iter().filter_map(|to| to.parse::<Person>().ok());
    Ok(people.map(|to| Delivery { occasion: occasion.clone(), to, at: now, outcome }).collect())
}

fn occasion(tags: &HashMap<String, Vec<String>>) -> Option<Occasion> {
    let tag = |name| tags.get(name).and_then(|values| values.first());
    Some(Occasion {
        request: tag("request")?.parse::<RequestId>().ok()?,
        seq: tag("seq")?.parse().ok()?,
        event: tag("event")?.clone(),
    })
}

fn outcome(event: &Event) -> Option<Outcome> {
    let kind = match (&event.bounce, &event.complaint) {
        (Some(bounce), _) => Some(bounce.bounce_sub_type.as_str()),
        (None, Some(complaint)) => complaint.complaint_sub_type.as_deref(),
        (None, None) => None,
    };
    let suppressed = matches!(kind, Some("Suppressed" | "OnAccountSuppressionList"));
    match event.kind.as_str() {
        "Delivery" => Some(Outcome::Delivered),
        "DeliveryDelay" => Some(Outcome::Delayed),
        "Bounce" | "Complaint" if suppressed => Some(Outcome::Suppressed),
        "Bounce" => Some(Outcome::Bounced),
        "Complaint" => Some(Outcome::Complained),
        "Reject" => Some(Outcome::Refused),
        _ => None,
    }
}
