//! Routes and bodies: what is read, refused, or only tried.

use serde_json::{Value, json};
use testing::Cut;

use crate::setup::{ANN, ASK, event, sends, world};

#[tokio::test]
async fn what_is_not_a_route_is_not_found_and_writes_nothing() {
    let id = "01".repeat(10);
    for (method, path) in [
        ("GET", "/"),
        ("GET", "//requests"),
        ("GET", "/requests/../entitlements"),
        ("GET", "/requests/%2e%2e"),
        ("HEAD", "/requests"),
        ("OPTIONS", "/requests"),
        ("PUT", "/requests"),
        ("GET", &format!("/requests/{id}/cancel")),
        ("GET", &format!("/requests/{id}/decisions")),
        ("DELETE", &format!("/requests/{id}")),
    ] {
        let (world, status, body) = sends(world(), event(method, path, Some(ANN), ASK)).await;
        assert_eq!(status, 404, "{method} {path}: {body}");
        assert!(world.requests().is_empty(), "law 13: {method} {path} wrote");
    }
}

#[tokio::test]
async fn an_idempotency_key_is_visible_ascii() {
    for (key, status) in [("k", 201), ("", 422), ("a b", 422), ("ü", 422)] {
        let mut event = event("POST", "/requests", Some(ANN), ASK);
        event["headers"]["idempotency-key"] = json!(key);
        assert_eq!(sends(world(), event).await.1, status, "{key}");
    }
}

#[tokio::test]
async fn a_failure_of_ours_says_that_it_is_ours_and_nothing_else() {
    let broken = world();
    broken.cut(Some(Cut::Before(0)));
    let (_, status, body) = sends(broken, event("POST", "/requests", Some(ANN), ASK)).await;
    assert_eq!(status, 500);
    assert_eq!(
        body,
        json!({
            "type": "urn:portcullis:problem:internal",
            "title": "internal",
            "status": 500,
            "detail": "this failed on our side, and we cannot say whether anything was recorded; \
                       look before you try again"
        })
    );
}

/// An event that submits a request as a dry run.
fn dry(body: &str) -> Value {
    let mut event = event("POST", "/requests", Some(ANN), body);
    event["rawQueryString"] = json!("dry_run=true");
    event["queryStringParameters"] = json!({ "dry_run": "true" });
    event
}

#[tokio::test]
async fn a_dry_run_says_what_would_come_of_it_and_writes_nothing() {
    let (untouched, status, body) = sends(world(), dry(ASK)).await;
    assert_eq!((status, &body["verdict"]), (200, &json!("needs_approval")));
    assert_eq!(body["steps"][0]["approvers"], json!(["bob@example.com"]));
    assert!(untouched.requests().is_empty());
    let (_, status, body) = sends(world(), dry(&ASK.replace("1h", "2h"))).await;
    assert_eq!((status, &body["verdict"]), (200, &json!("deny")));
    assert_eq!(body["reasons"][0]["rule"], json!("orders-read/max_duration"));
}

#[tokio::test]
async fn glass_breaks_only_for_whoever_says_so_twice() {
    let with = |more: &str| ASK.replace("\"1h\"", &format!("\"1h\",{more}"));
    for (more, status) in [
        (r#""break_glass":true"#, 422),
        (r#""break_glass":true,"confirm":"orders-write""#, 422),
        (r#""confirm":"orders-read""#, 422),
        (r#""break_glass":"yes""#, 400),
    ] {
        let (world, said, body) =
            sends(world(), event("POST", "/requests", Some(ANN), &with(more))).await;
        assert_eq!(said, status, "{more}: {body}");
        assert!(world.requests().is_empty());
    }
    let confirmed = with(r#""break_glass":true,"confirm":"orders-read""#);
    let (_, status, body) = sends(world(), event("POST", "/requests", Some(ANN), &confirmed)).await;
    assert_eq!((status, &body["status"]), (201, &json!("activating")), "{body}");
    assert_eq!(body["review"]["status"], json!("open"));
}

#[tokio::test]
async fn a_ticket_and_a_start_are_read_or_refused_by_name() {
    let with = |more: &str| ASK.replace("\"1h\"", &format!("\"1h\",{more}"));
    for (more, status, names) in [
        (r#""ticket":"INC-4711","starts_at":"2026-05-04T12:00:00Z""#, 201, ""),
        (r#""ticket":"""#, 422, "`ticket`"),
        (r#""ticket":"INC 4711""#, 422, "`ticket`"),
        (r#""starts_at":"tomorrow""#, 422, "`starts_at`"),
        (r#""starts_at":"2026-05-04T14:00:00+02:00[Europe/Berlin]""#, 201, ""),
        (
            r#""starts_at":"2026-05-04T17:00:00+05:00[Europe/Berlin]""#,
            422,
            "the offset does not fit",
        ),
        (r#""starts_at":"2026-05-04T12:00:00.5Z""#, 422, "a start is a whole second"),
        (r#""starts_at":"2026-05-04T09:00:00Z""#, 422, "may start between"),
        (r#""starts_at":"2027-05-04T09:00:00Z""#, 422, "may start between"),
    ] {
        let (_, said, body) =
            sends(world(), event("POST", "/requests", Some(ANN), &with(more))).await;
        assert_eq!(said, status, "{more}: {body}");
        assert!(body["detail"].as_str().unwrap_or_default().contains(names), "{body}");
    }
}

#[tokio::test]
async fn a_dry_run_promises_nothing_that_the_ask_would_refuse() {
    let nothing = r#"{"entitlement":"orders-read","duration":"1h","reason":"incident 4711",
        "extends":"00000000000000000000"}"#;
    let mut dry = event("POST", "/requests", Some(ANN), nothing);
    let (_, asked, _) = sends(world(), dry.clone()).await;
    dry["rawQueryString"] = json!("dry_run=true");
    let (_, said, body) = sends(world(), dry).await;
    assert_eq!((said, asked), (404, 404), "{body}");
}
