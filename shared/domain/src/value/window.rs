//! A window of time: `[starts_at, ends_at)`.

use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::duration::Duration;

/// Time before the start at which opening begins: two runs of the minute job.
const LEAD: SignedDuration = SignedDuration::from_secs(120);

/// Time before the end at which people are notified that it is near.
const NOTICE: SignedDuration = SignedDuration::from_mins(10);

/// The time a grant is open: from `starts_at`, included, to `ends_at`, excluded.
///
/// It is fixed when the request is approved. No method changes it, so it is never lengthened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl Window {
    /// The window that opens at `at` and lasts for `duration`.
    ///
    /// Both ends are whole seconds, because IAM compares the dates of a policy by the second. They
    /// are rounded down: rounded up, access would outlast the request.
    pub fn opening(at: Timestamp, duration: Duration) -> Self {
        let starts_at = whole_second(at);
        let ends_at = starts_at.checked_add(duration.as_signed()).unwrap_or(Timestamp::MAX);
        Self { starts_at, ends_at }
    }

    /// The time to begin opening: two minutes before the start, so that the grant is in place when
    /// its fence opens. Access then starts to the second, however seldom the sweep comes.
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

    /// The time at which people are notified that the end is near: ten minutes before it. `None`
    /// for a window of less than 20 minutes, whose end they have only just read.
    pub fn closing_at(&self) -> Option<Timestamp> {
        let closing_at = self.ends_at.checked_sub(NOTICE).ok()?;
        (self.starts_at.duration_until(closing_at) >= NOTICE).then_some(closing_at)
    }

    /// Whether the window is over. At `ends_at` it is.
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
