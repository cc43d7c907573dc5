//! The check that a form was sent from our own page.

use lambda_http::http::{HeaderMap, HeaderValue};

/// Whether a form was sent from our own page.
///
/// Browsers name the origin of a form in `Sec-Fetch-Site` (<https://www.w3.org/TR/fetch-metadata/>).
/// Older ones name it in `Origin`, which is `null` unless the page allows more: ours allows it
/// for itself alone (<https://fetch.spec.whatwg.org/#append-a-request-origin-header>). A form with
/// neither header is refused.
///
/// With `Referrer-Policy: same-origin` the address of the page, and so the link in it, goes
/// to this host and to no other.
pub(crate) fn is_ours(headers: &HeaderMap, base_url: &str) -> bool {
    let text = |name| headers.get(name).map(HeaderValue::as_bytes);
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == b"same-origin",
        (None, Some(origin)) => origin.eq_ignore_ascii_case(origin_of(base_url).as_bytes()),
        (None, None) => false,
    }
}

/// The scheme, host and port of a URL.
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url.get(host..).and_then(|rest| rest.find('/'));
    path.and_then(|path| url.get(..host + path)).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(headers: &[(&'static str, &'static str)]) -> bool {
        let headers: HeaderMap =
            headers.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
        let ours = is_ours(&headers, "https://pc.example.com");
        assert_eq!(ours, is_ours(&headers, "https://PC.example.com/prod"));
        ours
    }

    #[test]
    fn a_form_from_our_page_is_taken_and_no_other() {
        assert!(ours(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(ours(&[("origin", "https://pc.example.com")]));
        assert!(!ours(&[]));
        assert!(!ours(&[("origin", "null")]));
        assert!(!ours(&[("origin", "https://evil.example.com")]));
        assert!(!ours(&[("origin", "https://pc.example.com.evil.example")]));
        assert!(!ours(&[("origin", "http://pc.example.com")]));
        assert!(!ours(&[("origin", "https://pc.example.com:8443")]));
        assert!(!ours(&[("origin", "https:")]));
        assert!(!ours(&[("origin", "")]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!ours(&[("sec-fetch-site", site), ("origin", "https://pc.example.com")]));
        }
    }
}
