//! The encodings that a browser accepts (RFC 9110, section 12.5.3).

use lambda_http::http::{HeaderMap, header::ACCEPT_ENCODING};

/// Whether the browser accepts `gzip`, with at least the weight of an answer that is not packed. A
/// missing header means no, and so does one that cannot be read.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let said: Vec<_> = lines.flat_map(|line| line.split(',')).map(read).collect();
    let weight = |wanted: &[&str]| {
        let named = |(coding, _): &&(&str, u16)| {
            wanted.iter().any(|wanted| coding.eq_ignore_ascii_case(wanted))
        };
        said.iter().find(named).map(|(_, weight)| *weight)
    };
    let gzip = weight(&["gzip", "x-gzip"]).or_else(|| weight(&["*"])).unwrap_or_default();
    gzip > 0 && weight(&["identity"]).is_none_or(|plain| plain <= gzip)
}

/// A coding and its weight in thousandths: 1,000 if none is given, 0 if it cannot be read.
fn read(item: &str) -> (&str, u16) {
    let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
    let given = parameters.split(';').find_map(|parameter| {
        let (name, weight) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then_some(weight.trim())
    });
    (coding.trim(), given.map_or(1_000, |weight| thousandths(weight).unwrap_or_default()))
}

/// Reads a weight between 0 and 1, with three decimals at most.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = decimals.len() <= 3 && decimals.bytes().all(|b| b.is_ascii_digit());
    if !digits || !["0", "1"].contains(&whole) {
        return None;
    }
    format!("{whole}{decimals:0<3}").parse().ok().filter(|weight| *weight <= 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(lines: &[&str]) -> bool {
        let headers: HeaderMap =
            lines.iter().map(|line| (ACCEPT_ENCODING, line.parse().unwrap())).collect();
        takes_gzip(&headers)
    }

    #[test]
    fn a_page_is_packed_for_a_browser_that_wants_it() {
        for wanted in [
            "gzip",
            "gzip, deflate, br, zstd",
            "GZip;q=0.001",
            "br , gzip ; Q=1.000",
            "x-gzip",
            "*",
            "identity;q=0.5, *;q=0.5",
            "*;q=0, gzip",
            "identity;q=0, gzip;q=0.1",
        ] {
            assert!(takes(&[wanted]), "{wanted}");
        }
        assert!(takes(&["br", "gzip"]), "on two lines");
    }

    #[test]
    fn a_page_is_not_packed_for_a_browser_that_refuses_it() {
        for refused in [
            "",
            "identity",
            "br",
            "gzip;q=0",
            "gzip; q=0.000, *",
            "*;q=0",
            "br, *;q=0",
            "gzipped, notgzip, gzip2",
            "gzip;q=0.5, identity",
            "gzip;q=",
            "gzip;q=yes",
            "gzip;q=2",
            "gzip;q=1.001",
            "gzip;q=-1",
            "gzip;q=0.0001",
        ] {
            assert!(!takes(&[refused]), "{refused}");
        }
        assert!(!takes(&[]));
    }
}
