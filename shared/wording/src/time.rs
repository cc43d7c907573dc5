//! Times and durations as people read them, in their own time zone.

use domain::value::Duration;
use jiff::{Timestamp, tz::TimeZone};

/// The time in UTC, to the second, and in the time zone of the reader. The date is repeated only if
/// it is another one there.
pub fn time(at: Timestamp, zone: &TimeZone) -> String {
    let (there, utc) = (at.to_zoned(zone.clone()), at.to_zoned(TimeZone::UTC));
    let said = at.strftime("%Y-%m-%d %H:%M:%S UTC");
    match zone.iana_name() {
        None | Some("UTC") => said.to_string(),
        Some(name) => {
            let form = if there.date() == utc.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
            format!("{said} ({} in {})", there.strftime(form), name.replace('_', " "))
        }
    }
}

/// The duration, such as `2h 30m`.
pub fn duration(duration: Duration) -> String {
    format!("{:#}", duration.as_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_utc_and_on_the_clock_on_the_wall() {
        let at: Timestamp = "2026-05-04T20:00:00Z".parse().unwrap();
        let said = |zone: &str| time(at, &TimeZone::get(zone).unwrap());
        assert_eq!(said("UTC"), "2026-05-04 20:00:00 UTC");
        assert_eq!(said("Europe/Berlin"), "2026-05-04 20:00:00 UTC (22:00:00 in Europe/Berlin)");
        let far = "2026-05-04 20:00:00 UTC (2026-05-05 05:00:00 in Asia/Tokyo)";
        assert_eq!(said("Asia/Tokyo"), far);
    }

    #[test]
    fn a_duration_is_read_as_people_write_it() {
        let said = |text: &str| duration(text.parse().unwrap());
        assert_eq!((said("PT20S"), said("PT150M")), ("20s".to_owned(), "2h 30m".to_owned()));
    }
}
