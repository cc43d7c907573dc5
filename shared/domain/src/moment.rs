//! A moment in words, as people read it where they are.

use jiff::{Timestamp, tz::TimeZone};

/// The moment in UTC, exactly, and on the clock of whoever reads it. The day is
/// said twice only if it is another one there.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_utc_and_on_the_clock_on_the_wall() {
        let at: Timestamp = "2026-05-04T20:00:00Z".parse().unwrap();
        let said = |zone: &str| moment(at, &TimeZone::get(zone).unwrap());
        assert_eq!(said("UTC"), "2026-05-04 20:00:00 UTC");
        assert_eq!(said("Europe/Berlin"), "2026-05-04 20:00:00 UTC (22:00:00 in Europe/Berlin)");
        let far = "2026-05-04 20:00:00 UTC (2026-05-05 05:00:00 in Asia/Tokyo)";
        assert_eq!(said("Asia/Tokyo"), far);
    }
}
