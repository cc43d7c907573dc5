//! A link, followed by browsers, scanners and previews.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Read as _;

use approval::{
    ApprovalPage,
    sign_in::{Settings, SignIn},
};
use domain::{
    grant::{Grant, PolicyDocument, Principal},
    request::{Request, Step, Steps, Terms},
    value::{Basis, CallContext, Digest, RequestId},
};
use jiff::{Timestamp, tz::TimeZone};
use lambda_http::{Body, Response};
use rules::source::Sources;
use serde_json::json;
use service::{
    Link, LinkToken,
    ports::{Links, Store},
};
use testing::World;

const PEOPLE: &str = "[[person]]\nmail = \"ann@example.com\"\nname = \"Ann\"\n\
    [[person]]\nmail = \"bob@example.com\"\nname = \"Bob\"\n";

type Door = ApprovalPage<World, World, World>;

fn at(time: &str) -> Timestamp {
    format!("2026-05-04T{time}Z").parse().unwrap()
}

fn token(secret: u8) -> LinkToken {
    LinkToken::from_random(RequestId::from_random([1; 10]), [secret; 32])
}

/// A request of Ann. Bob has a link and may decide until noon.
async fn ann_asks() -> Door {
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}]}"#;
    let bob: domain::value::Person = "bob@example.com".parse().unwrap();
    let step = Step { name: "owner".to_owned(), approvers: [bob.clone()].into(), quorum: 1 };
    let decide_by = at("12:00:00");
    let terms = Terms {
        entitlement: "orders-read".parse().unwrap(),
        title: "Read the orders table".to_owned(),
        requester: "ann@example.com".parse().unwrap(),
        reason: "incident 4711".parse().unwrap(),
        duration: "1h".parse().unwrap(),
        tags: [].into(),
        ticket: None,
        starts_at: None,
        extends: None,
        approval: domain::request::Approval::People {
            steps: Steps(vec![step]),
            decide_by,
            nudges: vec![],
        },
        sign_in: false,
        lasting: Some("robots need <a> key".to_owned()),
        call: CallContext { at: at("10:00:00"), source_ip: None, mfa: false },
        basis: Basis { rule_set: Digest::ZERO, rule_ids: [].into() },
        unique_id: None,
        grant: Grant::InlinePolicy {
            on: Principal::User("ann".parse().unwrap()),
            policy: PolicyDocument::from_json(policy).unwrap(),
        },
    };
    let id = RequestId::from_random([1; 10]);
    let (person, now) = (terms.requester.clone(), at("10:00:00"));
    let outstanding = domain::request::Outstanding::nothing(person).with(&id, &terms, now).unwrap();
    let (request, entries) = Request::open(&id, terms, now).unwrap();
    let [store, links] = [World::default(), World::default()];
    for world in [&store, &links] {
        world.create(&request, &entries, None, &outstanding).await.unwrap();
    }
    let (request, digest) = (id, token(0xee).digest());
    let zone = TimeZone::UTC;
    let link = Link { digest, request, approver: bob, zone, expires_at: decide_by };
    links.record(&link).await.unwrap();
    let sources = Sources::from_iter([("people.toml", PEOPLE), ("entitlements.toml", "")]);
    ApprovalPage {
        links,
        store,
        rules: World::with_rules(sources.check().unwrap()),
        sign_in: None,
        base_url: "https://pc.example.com".to_owned(),
        account: "production (123456789012)".to_owned(),
    }
}

async fn follows(approval: &Door, method: &str, token: &LinkToken, now: &str) -> Response<Body> {
    let path = format!("/approvals/{}", token.reveal());
    calls(approval, method, (&path, ""), &[], now).await
}

async fn calls(
    approval: &Door,
    method: &str,
    (path, query): (&str, &str),
    cookies: &[String],
    now: &str,
) -> Response<Body> {
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "cookies": cookies,
        "headers": { "accept-encoding": "gzip" },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "domainName": "pc.example.com",
            "domainPrefix": "pc",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test"
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "04/May/2026:10:00:00 +0000",
            "timeEpoch": 1_777_888_800_000_i64
        },
        "isBase64Encoded": false
    });
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    approval.handle(&request, at(now), || Ok([0; 32])).await.unwrap()
}

#[tokio::test]
async fn a_look_at_the_headers_is_answered_as_the_page_is_and_with_no_body() {
    let story = ann_asks().await;
    for (secret, now, status) in
        [(0xee, "10:05:00", 200), (0xef, "10:05:00", 404), (0xee, "12:00:00", 404)]
    {
        let page = follows(&story, "GET", &token(secret), now).await;
        let head = follows(&story, "HEAD", &token(secret), now).await;
        assert_eq!((page.status().as_u16(), head.status().as_u16()), (status, status));
        assert_eq!(page.headers(), head.headers());
        assert!(!page.body().is_empty() && head.body().is_empty(), "{status}");
    }
    let id = RequestId::from_random([1; 10]);
    let (request, history) = story.store.history(&id).await.unwrap().unwrap();
    assert_eq!((request.version(), history.len()), (1, 1), "law 13");
}

#[tokio::test]
async fn the_page_says_what_stays_when_access_ends() {
    let page = follows(&ann_asks().await, "GET", &token(0xee), "10:05:00").await;
    let mut text = String::new();
    flate2::read::GzDecoder::new(page.body().as_ref()).read_to_string(&mut text).unwrap();
    let says = "What is made with it stays when access ends: robots need &#60;a&#62; key";
    assert!(text.contains(says), "{text}");
}

#[tokio::test]
async fn the_page_says_where_its_form_comes_from_to_itself_and_to_nobody_else() {
    let story = ann_asks().await;
    for secret in [0xee, 0xef] {
        let page = follows(&story, "GET", &token(secret), "10:05:00").await;
        assert_eq!(page.headers()["referrer-policy"], "same-origin");
    }
}

/// A stranger needs no link to make a cookie and the state that goes with it.
#[tokio::test]
async fn a_stranger_with_a_cookie_of_their_own_has_nobody_call_the_provider() {
    let provider = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    provider.set_nonblocking(true).unwrap();
    let settings = Settings {
        issuer: "https://cognito-idp.amazonaws.com".to_owned(),
        client: "portcullis".to_owned(),
        secret: None,
        aws_endpoint: Some(format!("http://{}", provider.local_addr().unwrap())),
    };
    let mut story = ann_asks().await;
    story.sign_in = Some(SignIn::new(settings, "https://pc.example.com").unwrap());
    let secret = [7; 32];
    let derived = |what: &str| {
        Digest::of_bytes("portcullis/sign-in/v1", &[what.as_bytes(), &secret]).to_string()
    };
    let name: String = derived("name").chars().take(8).collect();
    for token in [token(0xef), token(0xee)] {
        let value = format!("{}.{}", "07".repeat(32), token.reveal());
        let cookie = format!("__Host-portcullis-attempt-{name}={value}");
        let query = format!("code=x&state={}", derived("state"));
        let answer = calls(&story, "GET", ("/sign-in", &query), &[cookie], "10:05:00").await;
        assert!(answer.status().is_client_error(), "{answer:?}");
        let called = provider.accept();
        assert!(called.is_err(), "the provider was called");
    }
}
