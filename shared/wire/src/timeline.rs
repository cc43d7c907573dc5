//! Entries of a history, for a reader that may know fewer events than the writer.

use domain::{
    history::Actor,
    request::{Entry, Event},
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum TimelineEntry {
    /// An entry that this version knows.
    Known(Box<Entry>),
    /// An entry of a later version.
    Unknown(Box<UnknownEntry>),
}

/// The fields that entries of every version have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownEntry {
    /// The time of the event.
    pub at: Timestamp,
    /// The actor, as it was written. This version may not know its kind.
    pub actor: Value,
    /// The event.
    pub event: UnknownEvent,
    /// All other fields.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An event of a later version, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownEvent {
    /// The name of the event.
    pub r#type: String,
    /// All other fields.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl TimelineEntry {
    /// The time of the event.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Known(entry) => entry.at,
            Self::Unknown(entry) => entry.at,
        }
    }

    /// The name of the event, such as `approved`.
    pub fn kind(&self) -> &str {
        match self {
            Self::Known(entry) => entry.event.kind(),
            Self::Unknown(entry) => &entry.event.r#type,
        }
    }

    /// The display name of the actor, or `?` if this version does not know its kind.
    pub fn actor(&self) -> String {
        match self {
            Self::Known(entry) => entry.actor.to_string(),
            Self::Unknown(entry) => serde_json::from_value::<Actor>(entry.actor.clone())
                .map_or_else(|_| "?".to_owned(), |actor| actor.to_string()),
        }
    }
}

/// An event that this version knows has to be read whole: a damaged one is an error.
impl<'de> Deserialize<'de> for TimelineEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let kind = value.pointer("/event/type").and_then(Value::as_str);
        if kind.is_some_and(|kind| Event::KINDS.contains(&kind)) {
            serde_json::from_value(value).map(Self::Known).map_err(D::Error::custom)
        } else {
            serde_json::from_value(value).map(Self::Unknown).map_err(D::Error::custom)
        }
    }
}

impl From<Entry> for TimelineEntry {
    fn from(entry: Entry) -> Self {
        Self::Known(Box::new(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_a_later_version_is_shown_by_its_name() {
        let text = r#"{"request":"01010101010101010101","seq":9,"at":"2026-05-04T10:00:00Z",
            "actor":{"person":"ann@example.com"},"event":{"type":"handed_over","to":"bob"}}"#;
        let entry: TimelineEntry = serde_json::from_str(text).unwrap();
        assert_eq!((entry.kind(), entry.actor().as_str()), ("handed_over", "ann@example.com"));
        let strange: TimelineEntry =
            serde_json::from_str(&text.replace("{\"person\":\"ann@example.com\"}", "\"robot\""))
                .unwrap();
        assert_eq!(strange.actor(), "?");
    }

    #[test]
    fn an_event_of_ours_that_is_damaged_is_not_shown_as_if_it_were_a_later_one() {
        let text = r#"{"request":"01010101010101010101","seq":9,"at":"2026-05-04T10:00:00Z",
            "actor":"system","event":{"type":"approved"}}"#;
        assert!(serde_json::from_str::<TimelineEntry>(text).is_err());
    }
}
