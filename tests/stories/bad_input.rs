//! Bad input gets a clear problem document, and changes nothing.

use http::Method;
use serde_json::{Value, json};

use crate::world::Cast;

#[tokio::test]
async fn an_ask_that_is_not_one_is_refused_with_the_field_named() {
    let cast = Cast::new();
    let good = json!({
        "entitlement": cast.entitlement("orders-read"),
        "duration": "1h",
        "reason": "incident 4711",
    });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body.to_string()
    };
    let cases = [
        (String::new(), "400 malformed", "a JSON body is required"),
        ("not json".to_owned(), "400 malformed", "must be a JSON object"),
        ("{not json".to_owned(), "400 malformed", "key must be a string"),
        ("[]".to_owned(), "400 malformed", "must be a JSON object"),
        (
            json!([cast.entitlement("orders-read"), "1h", "please"]).to_string(),
            "400 malformed",
            "must be a JSON object",
        ),
        ("{}".to_owned(), "400 malformed", "missing field `entitlement`"),
        (with("colour", json!("red")), "400 malformed", "unknown field `colour`"),
        (with("status", json!("active")), "400 malformed", "unknown field `status`"),
        (with("approver", json!("ann")), "400 malformed", "unknown field `approver`"),
        (with("requester", json!("bob")), "400 malformed", "unknown field `requester`"),
        (with("duration", json!(3600)), "400 malformed", "invalid type"),
        (with("entitlement", json!("root")), "422 out-of-bounds", "no entitlement `root`"),
        (with("entitlement", json!("../x")), "422 out-of-bounds", "`entitlement`"),
        (with("duration", json!("0s")), "422 out-of-bounds", "`duration`"),
        (with("duration", json!("-1h")), "422 out-of-bounds", "`duration`"),
        (with("duration", json!("PT1H1H")), "422 out-of-bounds", "`duration`"),
        (with("duration", json!("61m")), "422 out-of-bounds", "at most PT1H, not PT1H1M"),
        (with("duration", json!("99999999999999999999h")), "422 out-of-bounds", "`duration`"),
        (with("reason", json!("")), "422 out-of-bounds", "a reason is required"),
        (with("reason", json!("   ")), "422 out-of-bounds", "a reason is required"),
        (with("reason", json!("a\u{0}b")), "422 out-of-bounds", "U+0000"),
        (with("reason", json!("\r\n\t")), "422 out-of-bounds", "a reason is required"),
        (with("reason", json!("a\u{202e}b")), "422 out-of-bounds", "U+202E"),
        (with("reason", json!("x".repeat(1_001))), "422 out-of-bounds", "1000 characters"),
        (with("reason", json!("x".repeat(1_000_000))), "413 too-large", "16384 bytes"),
    ];
    for (body, problem, detail) in cases {
        let shown: String = body.chars().take(80).collect();
        let answer = cast.ann.sends(Method::POST, "/requests", body.into_bytes(), None).await;
        assert_eq!(answer.problem(), problem, "{shown}");
        assert!(answer.text("/detail").contains(detail), "{shown}: {answer:?}");
        assert_eq!(answer.body["status"], answer.status, "{shown}");
    }
    for cursor in ["x", "1.2", ""] {
        let path = format!("/requests?cursor={cursor}");
        let answer = cast.ann.sends(Method::GET, &path, Vec::new(), None).await;
        assert_eq!(answer.problem(), "422 out-of-bounds", "{cursor}");
    }
    assert_eq!(cast.ann.list().await, Vec::<String>::new());
    assert_eq!(cast.bob.subjects().await, Vec::<String>::new());
}

#[tokio::test]
async fn who_is_not_named_may_not_ask_and_is_told_why() {
    let cast = Cast::new();
    let eve = cast.eve.asks("orders-read", "1h").await;
    assert_eq!(eve.problem(), "403 denied-by-rule");
    let entitlement = cast.entitlement("orders-read");
    assert_eq!(
        eve.body["reasons"],
        json!([{
            "rule": "base/requesters",
            "reason": format!("no rule lets {} ask for `{entitlement}`", cast.eve.someone.mail),
            "advice": "ask an administrator for the right, or somebody who has it",
        }])
    );
    let entitlements = cast.eve.sends(Method::GET, "/entitlements", Vec::new(), None).await;
    assert_eq!(entitlements.body, json!({ "entitlements": [] }));
}

#[tokio::test]
async fn a_caller_nobody_knows_is_told_what_to_ask_the_administrator_for() {
    let cast = Cast::new();
    let root = cast.stack.root().await;
    let arn = cast.stack.output("ApiArn").unwrap();
    let mallory = ("mallory@example.com".parse().unwrap(), "mallory".to_owned());
    let created = local::people::create(&root, arn, [mallory]).await.unwrap();
    let api = cast.stack.api_of(&created[0]).await.unwrap();
    for (method, path, body) in [
        (Method::GET, "/entitlements", ""),
        (Method::GET, "/requests", ""),
        (
            Method::POST,
            "/requests",
            r#"{"entitlement":"orders-read-0","duration":"1h","reason":"please"}"#,
        ),
    ] {
        let (status, text) = api.send(method, path, body.into(), None).await.unwrap();
        assert_eq!(status, 403, "{text}");
        assert!(
            text.contains("ask an administrator to add arn:aws:iam::000000000000:user/mallory"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_call_without_a_signature_or_with_a_wrong_one_does_not_get_in() {
    let cast = Cast::new();
    let url = format!("{}/requests", cast.stack.output("ApiUrl").unwrap());
    let http = portcullis::api::client(&url).unwrap();
    let unsigned = http.get(&url).send().await.unwrap();
    assert_eq!(unsigned.status(), 403);

    let mut forged = cast.ann.someone.clone();
    forged.secret_access_key = "not her secret".to_owned();
    let api = cast.stack.api_of(&forged).await.unwrap();
    let (status, _) = api.send(Method::GET, "/requests", Vec::new(), None).await.unwrap();
    assert_eq!(status, 403);
}

#[tokio::test]
async fn an_id_that_is_none_is_not_found() {
    let cast = Cast::new();
    for id in ["0".repeat(20).as_str(), "x", "..%2F..%2Fetc", "STATE", "'; --"] {
        let id = id.replace(' ', "%20");
        let answer = cast.ann.shows(&id).await;
        assert_eq!(answer.status, 404, "{id}: {answer:?}");
        let cancel = format!("/requests/{id}/cancel");
        assert_eq!(cast.ann.calls(Method::POST, &cancel, json!({})).await.status, 404, "{id}");
    }
}

#[tokio::test]
async fn a_decision_that_is_not_one_is_refused() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let digest = cast.bob.shows(&id).await.text("/grant/digest").to_owned();
    let path = format!("/requests/{id}/decisions");
    let good =
        json!({ "verdict": "approve", "reason": "seen and fine", "digest": digest, "version": 1 });
    for (field, value, problem) in [
        ("verdict", json!("maybe"), "400 malformed"),
        ("by", json!("carol"), "400 malformed"),
        ("version", json!(-1), "400 malformed"),
        ("version", json!(7), "409 stale"),
        ("digest", json!("0".repeat(64)), "409 stale"),
        ("digest", json!("short"), "422 out-of-bounds"),
        ("reason", json!(""), "422 out-of-bounds"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = cast.bob.calls(Method::POST, &path, body).await;
        assert_eq!(answer.problem(), problem, "{field}");
    }
    let cancel = format!("/requests/{id}/cancel");
    let smuggled = cast.ann.calls(Method::POST, &cancel, json!({ "status": "active" })).await;
    assert_eq!(smuggled.problem(), "400 malformed");
    let nobody = format!("/requests/{}/decisions", "0".repeat(20));
    assert_eq!(cast.bob.calls(Method::POST, &nobody, good).await.problem(), "404 not-found");
    assert_eq!(cast.ann.shows(&id).await.text("/status"), "pending");
}

#[tokio::test]
async fn a_flood_of_asks_at_the_same_moment_ends_at_the_bound() {
    let cast = Cast::new();
    let asks = (0..30).map(|_| cast.ann.asks("orders-read", "1h"));
    let answers = futures_util::future::join_all(asks).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!(count(500), 0, "{answers:?}");
    assert!((1..=domain::request::MAX_FOR_ENTITLEMENT).contains(&count(201)), "{}", count(201));
    let on_record = cast.ann.list().await.len();
    assert_eq!(on_record, count(201), "what is refused is not on record");
    let refused = answers.iter().find(|answer| answer.status == 429);
    if let Some(refused) = refused {
        assert_eq!(refused.problem(), "429 too-many");
        assert!(refused.text("/detail").contains("cancel one, give one back, or wait"));
    }
}
