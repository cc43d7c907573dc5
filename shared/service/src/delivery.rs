//! Deliveries of the mails about a request.

use domain::value::{Person, RequestId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The reference of a mail about one event. The mail is recognised by it on its way and
/// afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRef {
    /// The request.
    pub request: RequestId,
    /// The entry of its history that the mail is about.
    pub seq: u64,
    /// The name of the event, such as `asked`.
    pub event: String,
}

/// The known outcome of one mail to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The reference of the mail.
    #[serde(flatten)]
    pub mail_ref: MailRef,
    /// The addressee.
    pub to: Person,
    /// The time of the outcome as SES names it, or else the time at which it was recorded.
    pub at: Timestamp,
    /// The outcome.
    pub outcome: DeliveryOutcome,
}

/// The outcome of a mail, as far as SES knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// SES has accepted the mail.
    Accepted,
    /// The mail server of the addressee has accepted it.
    Delivered,
    /// The mail server of the addressee keeps SES waiting.
    Delayed,
    /// The mail server of the addressee refused it.
    Bounced,
    /// SES did not try: the address bounced or complained before.
    Suppressed,
    /// The addressee marked it as unwanted.
    Complained,
    /// It could not be handed to SES, and is tried again.
    Failed,
    /// SES refused it, and always will.
    Refused,
    /// The mail was not sent: the addressee is not in the directory any more.
    Unknown,
}

impl DeliveryOutcome {
    /// Whether SES has accepted it, so that it need not be sent again.
    pub fn was_taken(self) -> bool {
        match self {
            Self::Accepted
            | Self::Delivered
            | Self::Delayed
            | Self::Bounced
            | Self::Suppressed
            | Self::Complained => true,
            Self::Failed | Self::Refused | Self::Unknown => false,
        }
    }

    /// The name as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Delayed => "delayed",
            Self::Bounced => "bounced",
            Self::Suppressed => "suppressed",
            Self::Complained => "complained",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for DeliveryOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
