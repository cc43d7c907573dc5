//! The identity of callers: it never rests on a name that they could have chosen.

use http::Method;
use portcullis::api::Api;
use serde_json::{Value, json};

use crate::world::{Answer, Cast};

/// Calls as a session of this role, named after Bob. Mallory, who may make roles, made the role.
async fn as_bob_by(cast: &Cast, role: &str, path: &str) -> Api {
    let root = cast.stack.root().await;
    let iam = aws_sdk_iam::Client::new(&root);
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::000000000000:root" },
            "Action": "sts:AssumeRole",
        }],
    });
    let made =
        iam.create_role().role_name(role).path(path).assume_role_policy_document(trust.to_string());
    let arn = made.send().await.unwrap().role.unwrap().arn;
    let calls = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*" }],
    });
    let put = iam.put_role_policy().role_name(role).policy_name("calls");
    put.policy_document(calls.to_string()).send().await.unwrap();
    let bob = cast.bob.someone.mail.as_str();
    let sts = aws_sdk_sts::Client::new(&root);
    let assumed = sts.assume_role().role_arn(arn).role_session_name(bob).send().await.unwrap();
    let keys = assumed.credentials.unwrap();
    let keys = [&keys.access_key_id, &keys.secret_access_key, &keys.session_token];
    let sdk = cast.stack.sdk_with(keys.map(String::as_str)).await;
    Api::new(&sdk, cast.stack.output("ApiUrl").unwrap()).unwrap()
}

async fn approves(api: &Api, cast: &Cast, id: &str) -> Answer {
    let shown = cast.ann.shows(id).await;
    let body = json!({
        "verdict": "approve",
        "reason": "as Bob",
        "digest": shown.text("/grant/digest"),
        "version": shown.body.pointer("/version").cloned().unwrap_or(json!(1)),
    });
    let path = format!("/requests/{id}/decisions");
    let body = body.to_string().into_bytes();
    let (status, text) = api.send(Method::POST, &path, body, None).await.unwrap();
    Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

#[tokio::test]
async fn a_self_made_role_named_like_identity_centers_approves_nothing_in_anybodys_name() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let mallory = as_bob_by(&cast, &cast.entitlement("AWSReservedSSO_Fake_0a1b"), "/").await;
    let refused = approves(&mallory, &cast, &id).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(refused.text("/reasons/0/rule"), "directory/not-identity-center", "{refused:?}");
    assert_eq!(cast.ann.shows(&id).await.text("/status"), "pending", "law 26");
    assert!(!cast.ann.can_read("orders").await);

    let path = "/aws-reserved/sso.amazonaws.com/eu-central-1/";
    let bob = as_bob_by(&cast, &cast.entitlement("AWSReservedSSO_Real_0a1b"), path).await;
    let approved = approves(&bob, &cast, &id).await;
    assert_eq!(approved.status, 200, "{approved:?}");
    cast.becomes(&id, "active").await;
}
