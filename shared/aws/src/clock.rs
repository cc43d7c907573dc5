//! The clock, read once per invocation and handed down.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

/// The current time, in whole milliseconds, rounded down.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    let floor = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Floor);
    now.round(floor).unwrap_or(now)
}
