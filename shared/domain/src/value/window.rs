//! A window of time: `[starts_at, ends_at)`.

use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::duration::Duration;

/// Two runs of the minute job.
const LEAD: SignedDuration = SignedDuration::from_secs(120);

/// The time before its end at which people hear that it is near.
const NOTICE: SignedDuration = SignedDuration::from_mins(10);

/// The time a grant is open: from `starts_at`, included, to `ends_at`, excluded.
///
/// It is fixed once, when the request is approved, and never lengthened: there
/// is no way to change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl Window {
    /// The window that opens then and lasts as long as was asked for.
    ///
    /// Both ends are whole seconds, rounded down, because that is the grain in
    /// which IAM reads the dates of a policy: rounding up would outlast the ask.
    pub fn opening(at: Timestamp, duration: Duration) -> Self {
        let starts_at = whole_second(at);
        let ends_at = starts_at.checked_add(duration.as_signed()).unwrap_or(Timestamp::MAX);
        Self { starts_at, ends_at }
    }

    /// When to begin to open it: a little before its start, so that it is in place
    /// when the fence lets it be used. That is at the start to the second, however
    /// seldom the sweep comes.
    pub fn activate_from(&self) -> Timestamp {
        self.starts_at.checked_sub(LEAD).unwrap_or(self.starts_at)
    }

    /// The first instant of access.
    pub fn starts_at(&self) -> Timestamp {
        self.starts_at
    }

    /// The first instant without access.
    pub fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// When people hear that its end is near, ten minutes before it. A short one
    /// says nothing: they have only just read when it ends.
    pub fn closing_at(&self) -> Option<Timestamp> {
        let closing_at = self.ends_at.checked_sub(NOTICE).ok()?;
        (self.starts_at.duration_until(closing_at) >= NOTICE).then_some(closing_at)
    }

    /// Over at `ends_at`, not after it.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at <= now
    }
}

fn whole_second(now: Timestamp) -> Timestamp {
    let floor = jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Floor);
    now.round(floor).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_over_at_its_end_and_not_after_it() {
        let now: Timestamp = "2026-05-04T10:00:00.900Z".parse().unwrap();
        let window = Window::opening(now, "20s".parse().unwrap());
        assert_eq!(window.starts_at().to_string(), "2026-05-04T10:00:00Z");
        assert_eq!(window.ends_at().to_string(), "2026-05-04T10:00:20Z");
        assert!(!window.is_over("2026-05-04T10:00:19.999Z".parse().unwrap()));
        assert!(window.is_over("2026-05-04T10:00:20Z".parse().unwrap()));
    }

    #[test]
    fn the_end_of_a_window_is_announced_ten_minutes_before_unless_it_is_short() {
        let at = |time: &str| format!("2026-05-04T{time}Z").parse::<Timestamp>().unwrap();
        let closing_at = |duration: &str| {
            Window::opening(at("10:00:00"), duration.parse().unwrap()).closing_at()
        };
        assert_eq!(closing_at("1h"), Some(at("10:50:00")));
        assert_eq!(closing_at("20m"), Some(at("10:10:00")));
        assert_eq!(closing_at("19m"), None);
    }
}
