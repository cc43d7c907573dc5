//! The link in the mail and the page behind it.

use futures_util::{StreamExt, stream};
use reqwest::Method;

use crate::{
    company::{BY_MANY, one_of_many},
    world::Cast,
};

const UNIFORM: &str = "This link does not work";

#[tokio::test]
async fn following_a_link_a_thousand_times_in_any_way_changes_nothing() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let link = cast.bob.link(&id).await;
    let before = cast.ann.shows(&id).await.body;
    let http = portcullis::api::client(&link).unwrap();
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        let visits = (0..1_000).map(|_| http.request(method.clone(), &link).send());
        let answers: Vec<_> = stream::iter(visits).buffer_unordered(8).collect().await;
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
    assert_eq!(header("referrer-policy"), "same-origin");
    assert_eq!(header("x-frame-options"), "DENY");
    let csp = header("content-security-policy");
    assert!(csp.starts_with("default-src 'none'; style-src 'sha256-"), "{csp}");
    assert!(!csp.contains("unsafe") && csp.ends_with("frame-ancestors 'none'"), "{csp}");
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
            ("reason", "sure, go on"),
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
        (("reason", "x"), 409),
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
async fn what_is_too_long_is_cut_off_and_what_is_forged_is_not_believed() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let link = cast.bob.link(&id).await;
    let http = portcullis::api::client(&link).unwrap();
    let base = link.rsplit_once('/').unwrap().0;
    for long in ["f".repeat(4_000), "f".repeat(1_000_000)] {
        let answer = http.get(format!("{base}/{id}.{long}")).send().await;
        // The gateway may close the connection or refuse the line. Our page is not reached.
        let refused = answer.map_or(true, |answer| answer.status().is_client_error());
        assert!(refused, "a token of {} characters was taken", long.len());
    }
    // No header about hosts changes the page, or the place where its form is sent.
    let honest = http.get(&link).send().await.unwrap().text().await.unwrap();
    for header in ["x-forwarded-host", "x-host", "forwarded"] {
        let lie = http.get(&link).header(header, "host=evil.example").send().await.unwrap();
        assert_eq!(without_time(&lie.text().await.unwrap()), without_time(&honest), "{header}");
    }
    assert!(!honest.contains("action="), "the form goes to where the page came from");
    let form = cast.browser().open(&link).await.unwrap();
    let (digest, version) = (form.hidden("digest").unwrap(), form.hidden("version").unwrap());
    let marker = "=cmd|'/C calc'!A0 <b>bold</b>";
    for (reason, status) in [
        ("x".repeat(1_001), 422),
        ("x".repeat(10_000), 422),
        ("nice\u{0}try".to_owned(), 422),
        (format!("{marker}\r\nBcc: everybody@example.com"), 200),
    ] {
        let fields = [
            ("verdict", "deny"),
            ("reason", reason.as_str()),
            ("digest", digest),
            ("version", version),
        ];
        let answer = cast.browser().post(&link, &fields, "same-origin").await.unwrap();
        assert_eq!(answer.status, status, "{} characters", reason.len());
        assert!(!answer.html.contains("<b>"), "{}", answer.html);
    }
    // The typed text is one line in all places, and appears in no log.
    let told = cast.stack.mail_to(cast.ann.someone, "said no").await.unwrap();
    assert!(told.body_text.contains(&format!("    {marker} Bcc: everybody")), "{}", told.body_text);
    assert!(!told.body_html.contains("<b>") && !told.subject.contains("bold"), "{told:?}");
    assert_eq!(told.to, [cast.ann.someone.mail.to_string()]);
    let logs = cast.stack.function_logs().await.unwrap();
    assert!(!logs.contains("calc") && !logs.contains("nice"), "{logs}");
}

/// The page without the line about the consequence of a yes, which changes with the time.
fn without_time(html: &str) -> String {
    html.lines().filter(|line| !line.contains("id=\"yes\"")).collect()
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

#[tokio::test]
async fn a_page_with_as_much_on_it_as_there_can_be_is_still_small() {
    let cast = Cast::new();
    let long = "<\"é&".repeat(250);
    let body = serde_json::json!({ "entitlement": BY_MANY, "duration": "1h", "reason": long });
    let asked = cast.ann.calls(Method::POST, "/requests", body).await;
    let id = asked.text("/id");
    let (first, second) =
        (cast.link_of(&one_of_many(0), id).await, cast.link_of(&one_of_many(1), id).await);
    let form = cast.browser().open(&first).await.unwrap();
    let answered = cast.browser().answer(&first, &form, "approve", &long).await.unwrap();
    assert_eq!(answered.status, 200, "{}", answered.html);
    let http = portcullis::api::client(&second).unwrap();
    let page = http.get(&second).header("accept-encoding", "gzip, br").send().await.unwrap();
    assert_eq!(page.headers()["content-encoding"], "gzip");
    let bytes = page.bytes().await.unwrap().len();
    assert!(bytes <= 12 * 1024, "{bytes} bytes");
    let plain = cast.browser().open(&second).await.unwrap().html;
    assert!(plain.contains("any of 50 people") && plain.contains("orders-of-31"), "{plain}");
}
