//! What SES tells of mails, through the default event bus.
//!
//! Shapes: <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>,
//! in the `detail` of an event. The tags are those that the mail was sent with.

use std::collections::HashMap;

use domain::value::{Person, RequestId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use service::{Delivery, DeliveryOutcome, MailRef};

/// Where these events come from. Nobody but AWS can send them.
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

/// All that is read of what SES says at length.
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

/// Answer of the addressee's server, if it was a server that answered.
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

/// The statement of an event about a mail.
pub(crate) struct Report {
    /// For each addressee.
    pub(crate) deliveries: Vec<Delivery>,
    /// Whether it says nothing of a mail that has arrived: a note of absence, which SES
    /// tells as a passing bounce, or one that comes after the delivery.
    pub(crate) passing: bool,
}

/// Reads an event. Nothing for a mail that is not ours, or for what changes nothing.
/// It happened when SES says it did: events come late, and in any order.
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
    /// When it happened, as far as SES says.
    fn at(&self) -> Option<Timestamp> {
        let of_bounce = self.bounce.as_ref().and_then(|bounce| bounce.timestamp);
        let of_complaint = self.complaint.as_ref().and_then(|complaint| complaint.timestamp);
        let moment = [&self.delivery, &self.delivery_delay].into_iter().flatten().next();
        of_bounce.or(of_complaint).or(moment.and_then(|moment| moment.timestamp))
    }
}

impl Bounce {
    /// Whether it is a general one that need not last. SES tells answers of machines in
    /// the same words.
    /// <https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types>
    fn is_passing(&self) -> bool {
        self.kind.as_deref() == Some("Transient") && self.sub_kind == "General"
    }

    /// Whether no server has refused the mail: what came back carries no report of one
    /// (RFC 3464), as notes of absence do not.
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
