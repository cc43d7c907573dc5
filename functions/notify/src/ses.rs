//! The events that SES publishes about mails, on the default event bus.
//!
//! Shapes: <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>,
//! in the `detail` of an event. The tags are those that the mail was sent with.

use std::collections::HashMap;

use domain::value::{Person, RequestId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use service::{Delivery, DeliveryOutcome, MailRef};

/// The source of these events. Only AWS can send events with it.
pub(crate) const SOURCE: &str = "aws.ses";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesEvent {
    #[serde(rename = "eventType")]
    kind: String,
    mail: Sent,
    delivery: Option<Moment>,
    delivery_delay: Option<Moment>,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

/// The only part of a delivery or a delay that is read.
#[derive(Deserialize)]
struct Moment {
    timestamp: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Sent {
    destination: Vec<String>,
    tags: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: Option<String>,
    #[serde(rename = "bounceSubType")]
    sub_kind: String,
    #[serde(default)]
    bounced_recipients: Vec<Bounced>,
    timestamp: Option<Timestamp>,
}

/// The answer of the addressee's mail server, if a server answered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounced {
    action: Option<String>,
    status: Option<String>,
    diagnostic_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_sub_type: Option<String>,
    timestamp: Option<Timestamp>,
}

/// The content of an event about a mail.
pub(crate) struct Report {
    /// One delivery for each addressee.
    pub(crate) deliveries: Vec<Delivery>,
    /// Whether the event is a passing bounce. SES reports an out-of-office reply as one, so it says
    /// nothing about a mail that has arrived.
    pub(crate) passing: bool,
}

/// Reads an event. The report has no deliveries if the mail is not ours, or if the event changes
/// nothing. The time is the one that SES names, because events come late and in any order.
pub(crate) fn read(detail: Value, now: Timestamp) -> Result<Report, serde_json::Error> {
    let event: SesEvent = serde_json::from_value(detail)?;
    let passing = event.bounce.as_ref().is_some_and(Bounce::is_passing);
    let (Some(mail_ref), Some(outcome)) = (mail_ref(&event.mail.tags), outcome(&event)) else {
        return Ok(Report { deliveries: Vec::new(), passing });
    };
    let at = event.at().unwrap_or(now);
    let people = event.mail.destination.iter().filter_map(|to| to.parse::<Person>().ok());
    let delivery = |to| Delivery { mail_ref: mail_ref.clone(), to, at, outcome };
    Ok(Report { deliveries: people.map(delivery).collect(), passing })
}

impl SesEvent {
    /// The time of the event, or `None` if SES does not name it.
    fn at(&self) -> Option<Timestamp> {
        let of_bounce = self.bounce.as_ref().and_then(|bounce| bounce.timestamp);
        let of_complaint = self.complaint.as_ref().and_then(|complaint| complaint.timestamp);
        let moment = [&self.delivery, &self.delivery_delay].into_iter().flatten().next();
        of_bounce.or(of_complaint).or(moment.and_then(|moment| moment.timestamp))
    }
}

impl Bounce {
    /// Whether this is a general bounce that may pass. SES reports automatic replies in the same
    /// words.
    /// <https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types>
    fn is_passing(&self) -> bool {
        self.kind.as_deref() == Some("Transient") && self.sub_kind == "General"
    }

    /// Whether this is an automatic reply, so that no server has refused the mail: the returned
    /// message carries no delivery report (RFC 3464).
    fn is_an_answer(&self) -> bool {
        let reported = |to: &Bounced| {
            to.action.is_some() || to.status.is_some() || to.diagnostic_code.is_some()
        };
        self.is_passing() && !self.bounced_recipients.iter().any(reported)
    }
}

fn mail_ref(tags: &HashMap<String, Vec<String>>) -> Option<MailRef> {
    let tag = |name| tags.get(name).and_then(|values| values.first());
    Some(MailRef {
        request: tag("request")?.parse::<RequestId>().ok()?,
        seq: tag("seq")?.parse().ok()?,
        event: tag("event")?.clone(),
    })
}

fn outcome(event: &SesEvent) -> Option<DeliveryOutcome> {
    let kind = match (&event.bounce, &event.complaint) {
        (Some(bounce), _) => Some(bounce.sub_kind.as_str()),
        (None, Some(complaint)) => complaint.complaint_sub_type.as_deref(),
        (None, None) => None,
    };
    let suppressed = matches!(kind, Some("Suppressed" | "OnAccountSuppressionList"));
    match event.kind.as_str() {
        "Delivery" => Some(DeliveryOutcome::Delivered),
        "DeliveryDelay" => Some(DeliveryOutcome::Delayed),
        "Bounce" | "Complaint" if suppressed => Some(DeliveryOutcome::Suppressed),
        "Bounce" if event.bounce.as_ref().is_some_and(Bounce::is_an_answer) => None,
        "Bounce" => Some(DeliveryOutcome::Bounced),
        "Complaint" => Some(DeliveryOutcome::Complained),
        "Reject" => Some(DeliveryOutcome::Refused),
        _ => None,
    }
}
