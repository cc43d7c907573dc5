//! The world of these stories, and events as API Gateway sends them.

use api::identity_center::IdentityCenter;
use domain::value::RequestId;
use intake::{Arrival, Intake};
use lambda_http::{Body, Response};
use rules::source::Sources;
use serde_json::{Value, json};
use testing::World;

pub(crate) const ANN: &str = "arn:aws:iam::000000000000:user/ann";

pub(crate) fn world() -> World {
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
pub(crate) fn event(method: &str, path: &str, caller: Option<&str>, body: &str) -> Value {
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

pub(crate) async fn sends(world: World, event: Value) -> (World, u16, Value) {
    sends_in(world, (self::world(), self::world()), event).await
}

/// Sends an event while IAM has these roles.
pub(crate) async fn sends_seeing(world: World, roles: World, event: Value) -> (World, u16, Value) {
    sends_in(world, (self::world(), roles), event).await
}

/// Sends an event under these rules.
pub(crate) async fn sends_under(world: World, rules: World, event: Value) -> (World, u16, Value) {
    sends_in(world, (rules, self::world()), event).await
}

pub(crate) async fn sends_in(
    world: World,
    (set, roles): (World, World),
    event: Value,
) -> (World, u16, Value) {
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

pub(crate) const ASK: &str =
    r#"{"entitlement":"orders-read","duration":"1h","reason":"incident 4711"}"#;
