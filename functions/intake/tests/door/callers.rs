//! Callers: who they are to the API, and what strangers learn.

use serde_json::{Value, json};
use service::ports::Rulebook;
use testing::World;

use crate::setup::{ANN, ASK, event, sends, sends_seeing, sends_under, world};

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

/// An event that submits a request with a token of these claims.
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

/// A call in Ann's name, from a session of a role that Mallory may have made.
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

/// An event that posts this body, signed by this IAM user.
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
