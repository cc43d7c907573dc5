//! The requested start of access.

use std::str::FromStr;

use jiff::{Timestamp, Zoned};
use thiserror::Error;

/// The reason why a text is not a start.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StartError {
    /// Not a time with its offset from UTC.
    #[error("write a start as `2026-05-04T18:00:00Z`, or with an offset such as `+02:00`")]
    Malformed,
    /// It has a fraction of a second.
    #[error("a start is a whole second")]
    NotWhole,
    /// The zone in brackets has another offset at that time, or does not exist.
    #[error(
        "the offset does not fit `{0}` at that time, or there is no such zone; leave the brackets \
         out, or mend one of the two"
    )]
    OtherZone(String),
}

/// The time at which access is to begin: a whole second, because IAM compares dates by the second.
///
/// It is read as RFC 3339, or as RFC 9557 with a zone in brackets. The zone has to agree with the
/// offset. Otherwise the text means two times, and access might open at the wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start(Timestamp);

impl Start {
    /// The start as a time.
    pub fn at(self) -> Timestamp {
        self.0
    }
}

impl FromStr for Start {
    type Err = StartError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at: Timestamp = text.parse().map_err(|_| StartError::Malformed)?;
        if let Some(zone) = zone_in(text)
            && !text.parse::<Zoned>().is_ok_and(|there| there.timestamp() == at)
        {
            return Err(StartError::OtherZone(zone.to_owned()));
        }
        if at.subsec_nanosecond() == 0 { Ok(Self(at)) } else { Err(StartError::NotWhole) }
    }
}

/// The zone in the first brackets. `None` without brackets, or if they hold a key, such as that of
/// a calendar.
fn zone_in(text: &str) -> Option<&str> {
    let (_, annotation) = text.split_once('[')?;
    let zone = annotation.split(']').next()?;
    (!zone.contains('=')).then(|| zone.trim_start_matches('!'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_one_moment_however_it_is_written() {
        for written in [
            "2026-05-04T18:00:00Z",
            "2026-05-04T20:00:00+02:00",
            "2026-05-04T20:00:00+02:00[Europe/Berlin]",
            "2026-05-04T20:00:00+02:00[!Europe/Berlin]",
            "2026-05-04T18:00:00Z[Europe/Berlin]",
            "2026-05-04T20:00:00+02:00[+02:00]",
            "2026-05-04T20:00:00+02:00[Europe/Berlin][u-ca=iso8601]",
            "2026-05-04T18:00:00Z[u-ca=iso8601]",
        ] {
            let read = written.parse::<Start>().map(|start| start.at().to_string());
            assert_eq!(read.as_deref(), Ok("2026-05-04T18:00:00Z"), "{written}");
        }
        // In the night when the clocks go back, the offset tells the two hours apart.
        for (offset, hour) in [("+02:00", "00"), ("+01:00", "01")] {
            let written = format!("2026-10-25T02:30:00{offset}[Europe/Berlin]");
            let read = written.parse::<Start>().unwrap().at().to_string();
            assert_eq!(read, format!("2026-10-25T{hour}:30:00Z"));
        }
    }

    #[test]
    fn a_start_that_could_be_two_moments_is_none() {
        for (written, zone) in [
            ("2026-05-04T10:00:00+05:00[Europe/Berlin]", "Europe/Berlin"),
            ("2026-05-04T10:00:00+01:00[Europe/Berlin]", "Europe/Berlin"),
            ("2026-01-04T10:00:00+02:00[!Europe/Berlin]", "Europe/Berlin"),
            ("2026-05-04T10:00:00+05:00[+02:00]", "+02:00"),
            ("2026-05-04T10:00:00+02:00[Europe/Bonn]", "Europe/Bonn"),
        ] {
            assert_eq!(written.parse::<Start>(), Err(StartError::OtherZone(zone.to_owned())));
        }
        for malformed in [
            "",
            "tomorrow",
            "2026-05-04",
            "2026-05-04T10:00:00",
            "2026-05-04T10:00:00[Europe/Berlin]",
        ] {
            assert_eq!(malformed.parse::<Start>(), Err(StartError::Malformed), "{malformed}");
        }
        assert_eq!("2026-05-04T10:00:00.5Z".parse::<Start>(), Err(StartError::NotWhole));
    }
}
