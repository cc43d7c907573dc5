//! The link in the mail and the page behind it.

use futures_util::{StreamExt, stream};
use reqwest::Method;

use crate::world::Cast;

const UNIFORM: &str = "This link does not work";

#[tokio::test]
async fn following_a_link_changes_nothing_however_and_however_often() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let link = cast.bob.link(&id).await;
    let before = cast.ann.shows(&id).await.body;
    let http = portcullis::api::client(&link).unwrap();
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        let visits = (0..20).map(|_| http.request(method.clone(), &link).send());
        let answers: Vec<_> = stream::iter(visits).buffer_unordered(5).collect().await;
        for answer in answers {
            let status = answer.unwrap().status();
            assert!(!status.is_server_error(), "{method}: {status}");
            assert!(method != Method::GET || status == 200, "{status}");
        }
    }
    assert_eq!(cast.ann.shows(&id).await.body, before);
    assert_eq!(cast.ann.policies().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_page_shows_what_a_yes_opens_and_keeps_to_itself() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let link = cast.bob.link(&id).await;
    let answer = portcullis::api::client(&link).unwrap().get(&link).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-frame-options"), "DENY");
    let csp = header("content-security-policy");
    assert!(csp.starts_with("default-src 'none'; style-src 'sha256-"), "{csp}");
    assert!(!csp.contains("unsafe"), "{csp}");
    let html = answer.text().await.unwrap();
    let digest = cast.ann.shows(&id).await.text("/grant/digest").to_owned();
    for shown in [&cast.ann.someone.user, "incident 4711", "dynamodb:GetItem", "1h", &digest] {
        assert!(html.contains(shown), "the page does not show {shown}");
    }
    for foreign in ["<script", "http://", "https://", "src="] {
        assert!(!html.contains(foreign), "the page has {foreign}");
    }
    assert!(html.len() <= 12 * 1024, "{} bytes", html.len());
}

#[tokio::test]
async fn whatever_is_wrong_with_a_link_the_answer_is_one_page() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let other = cast.ann_asks("payroll-read", "1h").await;
    let link = cast.bob.link(&id).await;
    let (base, token) = link.rsplit_once('/').unwrap();
    let secret = token.split_once('.').unwrap().1;
    let zeros = "0".repeat(64);
    let wrong = [
        format!("{base}/{id}.{zeros}"),
        format!("{base}/{other}.{secret}"),
        format!("{base}/{}.{secret}", "0".repeat(20)),
        link[..link.len() - 1].to_owned(),
        format!("{base}/{id}"),
        format!("{base}/x"),
        format!("{base}/{id}.{}", "é".repeat(32)),
    ];
    let (browser, mut pages) = (cast.browser(), Vec::new());
    let form = browser.open(&link).await.unwrap();
    for link in &wrong {
        pages.push(browser.open(link).await.unwrap());
        pages.push(browser.answer(link, &form, "approve", "let me in").await.unwrap());
    }
    assert!(pages[0].html.contains(UNIFORM));
    assert!(pages.iter().all(|page| *page == pages[0] && page.status == 404));
    for id in [id, other] {
        assert_eq!(cast.ann.shows(&id).await.text("/status"), "pending");
    }
}

#[tokio::test]
async fn a_form_that_was_not_sent_from_the_page_is_not_taken() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let (browser, link) = (cast.browser(), cast.bob.link(&id).await);
    let page = browser.open(&link).await.unwrap();
    let (digest, version) = (page.hidden("digest").unwrap(), page.hidden("version").unwrap());
    let form = |change: (&'static str, &'static str)| {
        let mut fields = vec![
            ("verdict", "approve"),
            ("reason", "sure"),
            ("digest", digest),
            ("version", version),
        ];
        fields.retain(|(name, _)| *name != change.0);
        fields.push(change);
        fields
    };
    let whole = form(("verdict", "approve"));
    let foreign = browser.post(&link, &whole, "cross-site").await.unwrap();
    assert!(foreign.status == 404 && foreign.html.contains(UNIFORM), "{foreign:?}");

    let ours = "same-origin";
    let zeros = "0000000000000000000000000000000000000000000000000000000000000000";
    for (change, status) in [
        (("digest", zeros), 409),
        (("digest", ""), 422),
        (("version", "99"), 409),
        (("version", "-1"), 422),
        (("verdict", "maybe"), 422),
        (("reason", " "), 422),
        (("reason", "a\u{202e}b"), 422),
        (("approver", "ann"), 422),
    ] {
        let refused = browser.post(&link, &form(change), ours).await.unwrap();
        assert_eq!(refused.status, status, "{change:?}: {}", refused.html);
        assert!(refused.has_form(), "{change:?}: there is no way to try again");
    }
    let long = "x".repeat(1_000_000);
    let mut fields = form(("verdict", "approve"));
    fields[0] = ("reason", long.as_str());
    assert_eq!(browser.post(&link, &fields, ours).await.unwrap().status, 422);
    assert_eq!(cast.ann.shows(&id).await.text("/status"), "pending");
    assert_eq!(cast.ann.policies().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_people_write_is_shown_as_they_wrote_it_and_does_nothing() {
    let cast = Cast::new();
    let body = serde_json::json!({
        "entitlement": cast.entitlement("orders-read"),
        "duration": "1h",
        "reason": "<script>alert(1)</script><img src=x onerror=alert(1)> \"'&=cmd|' /C calc'!A0",
    });
    let id = cast.ann.calls(Method::POST, "/requests", body).await.text("/id").to_owned();
    let link = cast.bob.link(&id).await;
    let html = cast.browser().open(&link).await.unwrap().html;
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
}

#[tokio::test]
async fn when_the_deadline_has_passed_the_link_is_worth_nothing() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-in-a-hurry", "1h").await;
    let link = cast.bob.link(&id).await;
    let browser = cast.browser();
    let form = browser.open(&link).await.unwrap();
    cast.stack
        .eventually("the link to be over", async || {
            Ok((browser.open(&link).await?.status == 404).then_some(()))
        })
        .await
        .unwrap();
    let late = browser.answer(&link, &form, "approve", "sorry, I was at lunch").await.unwrap();
    assert!(late.status == 404 && late.html.contains(UNIFORM));
    assert_eq!(cast.ann.policies().await, Vec::<String>::new());
}
