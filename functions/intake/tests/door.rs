//! The door of the API: who is let in, told through events as API Gateway sends
//! them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use api::identity_center::IdentityCenter;
use domain::value::RequestId;
use intake::{Arrival, Intake};
use lambda_http::{Body, Response};
use rules::source::Sources;
use serde_json::{Value, json};
use service::ports::Rulebook;
use testing::{Cut, World};

const ANN: &str = "arn:aws:iam::000000000000:user/ann";

fn world() -> World {
    let people = format!(
        "account = \"000000000000\"\n\
         trusted_sessions = [\"arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_*\"]\n\
         [[issuer]]\nurl = \"https://login.example.com/\"\nclaim = \"email\"\n\
         [[person]]\nmail = \"ann@example.com\"\nname = \"Ann\"\narns = [\"{ANN}\"]\n\
         [[person]]\nmail = \"bob@example.com\"\nname = \"Bob\"\n"
    );
    let entitlements = "[[entitlement]]\nid = \"orders-read\"\ntitle = \"Read orders\"\n\
         requesters = [\"ann@example.com\"]\napprovers = [\"bob@example.com\"]\n\
         max_duration = \"1h\"\ndecide_within = \"2h\"\n\
         break_glass = { review_within = \"1h\" }\n\
         grant = { kind = \"inline_policy\", policy = \"policies/p.json\" }\n";
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let cedar = r#"
        @id("office") @reason("not from there") @advice("come to the office")
        forbid (principal, action == Action::"request", resource)
        unless { context has source_ip && context.source_ip.isInRange(ip("192.0.2.0/24")) };
        @id("second-factor") permit (principal, action == Action::"autoApprove", resource)
        when { context.mfa };
        @id("glass") permit (principal, action == Action::"breakGlass", resource);"#;
    let sources = Sources::from_iter([
        ("people.toml", people.as_str()),
        ("entitlements.toml", entitlements),
        ("policies/p.json", policy),
        ("own.cedar", cedar),
    ]);
    World::with_rules(sources.check().unwrap())
}

/// An event of an HTTP API, payload format 2.0, from this caller.
fn event(method: &str, path: &str, caller: Option<&str>, body: &str) -> Value {
    let authorizer = caller.map(|arn| json!({ "iam": { "userArn": arn } }));
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": { "content-type": "application/json" },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "authorizer": authorizer,
            "domainName": "api.example.com",
            "domainPrefix": "api",
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
        "body": body,
        "isBase64Encoded": false
    })
}

async fn sends(world: World, event: Value) -> (World, u16, Value) {
    sends_in(world, (self::world(), self::world()), event).await
}

/// The same, with these roles in IAM.
async fn sends_seeing(world: World, roles: World, event: Value) -> (World, u16, Value) {
    sends_in(world, (self::world(), roles), event).await
}

/// The same, under these rules.
async fn sends_under(world: World, rules: World, event: Value) -> (World, u16, Value) {
    sends_in(world, (rules, self::world()), event).await
}

async fn sends_in(world: World, (set, roles): (World, World), event: Value) -> (World, u16, Value) {
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let intake = Intake {
        store: world,
        rules: set,
        iam: self::world(),
        identity_center: IdentityCenter::new(roles),
    };
    let arrival = Arrival {
        now: "2026-05-04T10:00:00Z".parse().unwrap(),
        fresh_id: RequestId::from_random([1; 10]),
    };
    let response: Response<Body> = Box::pin(intake.handle(&request, arrival)).await.unwrap();
    let status = response.status().as_u16();
    let body: &[u8] = response.body();
    (intake.store, status, serde_json::from_slice(body).unwrap())
}

const ASK: &str = r#"{"entitlement":"orders-read","duration":"1h","reason":"incident 4711"}"#;

#[tokio::test]
async fn who_calls_is_what_the_authoriser_says() {
    let (world, status, body) = sends(world(), event("POST", "/requests", Some(ANN), ASK)).await;
    assert_eq!((status, &body["requester"]), (201, &json!("ann@example.com")));
    assert_eq!(world.requests().len(), 1);
}

#[tokio::test]
async fn nobody_gets_in_without_a_caller_of_the_directory() {
    for (caller, status) in [
        (None, 401),
        (Some("arn:aws:iam::000000000000:root"), 403),
        (Some("arn:aws:iam::111111111111:user/ann"), 403),
        (Some("arn:aws:iam::000000000000:user/Ann"), 403),
        (Some("arn:aws:sts::000000000000:assumed-role/ann/ann"), 403),
        (Some(""), 403),
    ] {
        let (world, said, body) = sends(world(), event("POST", "/requests", caller, ASK)).await;
        assert_eq!(said, status, "{caller:?}: {body}");
        assert!(world.requests().is_empty());
    }
}

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

/// The same event, from somebody who comes with a token.
fn with_token(claims: &Value, body: &str) -> Value {
    let mut event = event("POST", "/requests", None, body);
    event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": claims, "scopes": null } });
    event
}

#[tokio::test]
async fn a_token_is_the_person_its_issuer_vouches_for_and_so_is_a_second_factor() {
    let claims = |iss: &str, amr: &str| json!({ "iss": iss, "sub": "42", "email": "ann@example.com", "email_verified": "true", "amr": amr });
    let ours = "https://login.example.com/";
    for (claims, status, state) in [
        (claims(ours, "[pwd]"), 201, "pending"),
        (claims(ours, "[pwd mfa]"), 201, "activating"),
        (claims("https://elsewhere.example.com/", "[mfa]"), 403, ""),
        (json!({ "sub": "42" }), 401, ""),
    ] {
        let (_, said, body) = sends(world(), with_token(&claims, ASK)).await;
        assert_eq!((said, body["status"].as_str().unwrap_or_default()), (status, state), "{body}");
    }
}

#[tokio::test]
async fn a_refusal_names_each_rule_its_reason_and_the_way_out() {
    let mut elsewhere = event("POST", "/requests", Some(ANN), ASK);
    elsewhere["requestContext"]["http"]["sourceIp"] = json!("198.51.100.7");
    let (world, status, body) = sends(world(), elsewhere).await;
    assert_eq!(status, 403);
    assert_eq!(
        body["reasons"],
        json!([{ "rule": "office", "reason": "not from there", "advice": "come to the office" }])
    );
    assert!(world.requests().is_empty());
}

/// The same event, asked for the sake of the answer alone.
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

/// A call by a session of a role that Mallory may have made, in Ann's name.
fn session_of(role: &str, unique_id: &str) -> Value {
    let arn = format!("arn:aws:sts::000000000000:assumed-role/{role}/ann@example.com");
    let mut event = event("POST", "/requests", Some(&arn), ASK);
    event["requestContext"]["authorizer"]["iam"]["userId"] =
        json!(format!("{unique_id}:ann@example.com"));
    event
}

#[tokio::test]
async fn a_role_named_like_identity_centers_is_believed_only_at_the_path_of_identity_center() {
    let role = "AWSReservedSSO_dev_0123456789abcdef";
    for (path, answer) in [
        ("/", 403),
        ("/team/", 403),
        ("/aws-reserved/", 403),
        ("/aws-reserved/sso.amazonaws.com/", 201),
        ("/aws-reserved/sso.amazonaws.com/eu-central-1/", 201),
    ] {
        let iam = world();
        let id = iam.make_role(&role.parse().unwrap(), path).unwrap();
        let (asked, status, body) = sends_seeing(world(), iam, session_of(role, id.as_str())).await;
        assert_eq!(status, answer, "{path}: {body}");
        assert_eq!(asked.requests().len(), usize::from(answer == 201), "{path}");
    }
    let iam = world();
    iam.make_role(&role.parse().unwrap(), "/aws-reserved/sso.amazonaws.com/").unwrap();
    let (_, status, body) = sends_seeing(world(), iam, session_of(role, "AROAOFANOTHERROLE")).await;
    assert_eq!(status, 403, "a role that is gone, and its name used again: {body}");
    let reason = body.pointer("/reasons/0/rule");
    assert_eq!(reason, Some(&json!("directory/not-identity-center")));
}

#[tokio::test]
async fn rules_that_are_about_another_account_let_nobody_in() {
    for path in ["/requests", "/requests?dry_run=true"] {
        let mut event = event("POST", path, Some(ANN), ASK);
        event["rawPath"] = json!("/requests");
        event["rawQueryString"] = json!(path.split_once('?').map_or("", |(_, query)| query));
        event["requestContext"]["accountId"] = json!("111111111111");
        let (world, status, body) = sends(world(), event).await;
        assert!(body.to_string().contains("account"), "{status} {body}");
        assert_eq!(world.requests().len(), 0);
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

/// A caller and their body, on the way to a request.
fn order(who: &str, path: &str, body: &Value) -> Value {
    event("POST", path, Some(&format!("arn:aws:iam::000000000000:user/{who}")), &body.to_string())
}

#[tokio::test]
async fn whoever_the_rules_let_revoke_is_answered_and_nobody_else_learns_that_it_exists() {
    let own = world();
    let sources = own.current().await.unwrap().sources().clone();
    let with = |file: &str, more: &str| sources.get(file).unwrap().to_owned() + more;
    let people = with(
        "people.toml",
        "arns = [\"arn:aws:iam::000000000000:user/bob\"]\n\
         [[person]]\nmail = \"dave@example.com\"\nname = \"Dave\"\ngroups = [\"secops\"]\n\
         arns = [\"arn:aws:iam::000000000000:user/dave\"]\n\
         [[person]]\nmail = \"erin@example.com\"\nname = \"Erin\"\n\
         arns = [\"arn:aws:iam::000000000000:user/erin\"]\n",
    );
    let rule = "@id(\"x/secops\") permit (principal in Group::\"secops\", \
                action == Action::\"revoke\", resource);";
    let mut changed = sources.clone();
    changed.set("people.toml", people);
    changed.set("own.cedar", with("own.cedar", rule).replace("context.mfa", "true"));
    let rules = || World::with_rules(changed.check().unwrap());
    let reason = json!({ "reason": "the incident is over\n" });
    for (who, status) in [("erin", 404), ("bob", 200), ("dave", 200), ("ann", 200)] {
        let (world, opened, body) =
            sends_under(rules(), rules(), order("ann", "/requests", &terms())).await;
        assert_eq!((opened, &body["approved_by"]), (201, &json!("rule")), "{body}");
        let path = format!("/requests/{}/revoke", body["id"].as_str().unwrap());
        let (world, said, body) = sends_under(world, rules(), order(who, &path, &reason)).await;
        assert_eq!(said, status, "{who}: {body}");
        let nobody = path.replace("01", "02");
        let (_, missing, none) = sends_under(world, rules(), order(who, &nobody, &reason)).await;
        assert_eq!(missing, 404);
        assert!(status != 404 || body == none, "{body} tells more than {none}");
    }
}

fn terms() -> Value {
    serde_json::from_str(ASK).unwrap()
}
