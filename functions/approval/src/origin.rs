//! Whether a form was sent from our own page.

use lambda_http::http::{HeaderMap, HeaderValue};

/// Browsers say where a form comes from in `Sec-Fetch-Site`
/// (<https://www.w3.org/TR/fetch-metadata/>). The page forbids referrers, so the
/// older `Origin` header of its own form reads `null`
/// (<https://fetch.spec.whatwg.org/#append-a-request-origin-header>) and only
/// counts for clients that do not send the newer one. Neither: not ours.
pub(crate) fn is_ours(headers: &HeaderMap, base_url: &str) -> bool {
    let text = |name| headers.get(name).map(HeaderValue::as_bytes);
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == b"same-origin",
        (None, Some(origin)) => origin == base_url.as_bytes(),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(headers: &[(&'static str, &'static str)]) -> bool {
        let headers: HeaderMap =
            headers.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
        is_ours(&headers, "https://pc.example.com")
    }

    #[test]
    fn a_form_from_our_page_is_taken_and_no_other() {
        assert!(ours(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(ours(&[("origin", "https://pc.example.com")]));
        assert!(!ours(&[]));
        assert!(!ours(&[("origin", "null")]));
        assert!(!ours(&[("origin", "https://evil.example.com")]));
        assert!(!ours(&[("origin", "https://pc.example.com.evil.example")]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!ours(&[("sec-fetch-site", site), ("origin", "https://pc.example.com")]));
        }
    }
}
