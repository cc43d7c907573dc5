//! A function that was taken over: its real credentials, on the deployment, and how far they reach.
//! The local AWS does not know the keys and attributes of rows. Bounds on them are checked by a
//! policy evaluator that knows them, in `tests/policies`.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use aws_sdk_iam::error::ProvideErrorMetadata;
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::{
    company::MANAGED,
    world::{Cast, timeline},
};

/// AWS with the credentials of a function.
async fn as_function(cast: &Cast, function: &str) -> SdkConfig {
    let root = cast.stack.root().await;
    let iam = aws_sdk_iam::Client::new(&root);
    let roles = iam.list_roles().send().await.unwrap();
    let name = format!("portcullis-{function}Role");
    let role = roles.roles().iter().find(|role| role.role_name().starts_with(&name)).unwrap();
    // An attacker would have the credentials that Lambda gave to the function. Here the account is
    // let in as well.
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" },
            { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" }, "Action": "sts:AssumeRole" },
        ],
    });
    let lets_in = iam.update_assume_role_policy().role_name(role.role_name());
    lets_in.policy_document(trust.to_string()).send().await.unwrap();
    let sts = aws_sdk_sts::Client::new(&root);
    let session = sts.assume_role().role_arn(role.arn()).role_session_name("taken-over");
    let keys = session.send().await.unwrap().credentials.unwrap();
    let keys = [&keys.access_key_id, &keys.secret_access_key, &keys.session_token];
    cast.stack.sdk_with(keys.map(String::as_str)).await
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Puts a row as this caller. The error is the code of the refusal.
async fn puts(
    sdk: &SdkConfig,
    table: &str,
    (pk, sk): (&str, &str),
    body: &Value,
) -> Result<(), String> {
    let put = Client::new(sdk).put_item().table_name(table).item("pk", text(pk));
    let put = put.item("sk", text(sk)).item("body", text(&body.to_string())).send().await;
    put.map(|_| ()).map_err(|error| error.code().unwrap_or("no code").to_owned())
}

/// The stored request, as root reads it.
async fn stored(cast: &Cast, id: &str) -> Value {
    let table = cast.stack.output("RequestsTable").unwrap();
    let get = Client::new(&cast.stack.root().await).get_item().table_name(table);
    let get = get.key("pk", text(&format!("REQ#{id}"))).key("sk", text("STATE"));
    let row = get.consistent_read(true).send().await.unwrap().item.unwrap();
    serde_json::from_str(row["body"].as_s().unwrap()).unwrap()
}

#[tokio::test]
async fn whoever_holds_intake_writes_an_open_request_and_is_given_no_credentials() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-by-session", "1h").await;
    let mut forged = stored(&cast, &id).await;
    forged["state"] = json!({
        "status": "active",
        "window": { "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z" },
        "closing": false,
        "live_until": null,
    });
    let table = cast.stack.output("RequestsTable").unwrap();
    for function in ["Intake", "Approval", "Session"] {
        let taken_over = as_function(&cast, function).await;
        let key = format!("REQ#{id}");
        puts(&taken_over, table, (&key, "STATE"), &forged).await.unwrap();
        let path = format!("/requests/{id}/credentials");
        let refused = cast.ann.calls(Method::POST, &path, json!({})).await;
        assert_eq!(refused.problem(), "500 unproven", "{function}: {refused:?}");
    }
    let shown = cast.ann.shows(&id).await.body;
    assert_eq!(timeline(&shown), "asked", "nothing was minted");
}

#[tokio::test]
async fn whoever_holds_a_function_that_is_not_to_touches_neither_iam_nor_roles() {
    let cast = Cast::new();
    let table = cast.stack.output("RequestsTable").unwrap();
    for function in ["Intake", "Approval", "Session", "Publish", "Notify", "Audit"] {
        let taken_over = as_function(&cast, function).await;
        let iam = aws_sdk_iam::Client::new(&taken_over);
        let put = iam.put_user_policy().user_name(&cast.ann.someone.user).policy_name("mine");
        let put = put.policy_document("{}").send().await.unwrap_err();
        assert_eq!(put.code(), Some("AccessDenied"), "{function}");
        let sts = aws_sdk_sts::Client::new(&taken_over);
        let admin = sts.assume_role().role_arn("arn:aws:iam::000000000000:role/admin");
        let admin = admin.role_session_name("x").send().await.unwrap_err();
        assert_eq!(admin.code(), Some("AccessDenied"), "{function}");
        let scan = Client::new(&taken_over).scan().table_name(table).send().await.unwrap_err();
        assert_eq!(scan.code(), Some("AccessDeniedException"), "{function}");
    }
    assert!(cast.ann.policies().await.is_empty());
}

#[tokio::test]
async fn whoever_holds_audit_writes_neither_a_request_nor_rules() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let table = cast.stack.output("RequestsTable").unwrap();
    let before = stored(&cast, &id).await;
    let taken_over = as_function(&cast, "Audit").await;
    let key = format!("REQ#{id}");
    for row in [(key.as_str(), "STATE"), ("RULES", "CURRENT")] {
        let refused = puts(&taken_over, table, row, &json!({})).await;
        assert_eq!(refused, Err("AccessDeniedException".to_owned()), "{row:?}");
    }
    assert_eq!(stored(&cast, &id).await, before);
}

/// The index of what is due, and the stream, accept such rows from anybody who may write rows.
#[tokio::test]
async fn rows_that_are_none_of_ours_stop_neither_the_sweep_nor_the_audit_record() {
    let cast = Cast::new();
    let dynamo = &Client::new(&cast.stack.root().await);
    let table = cast.stack.output("RequestsTable").unwrap();
    // More than a page of rows in each part, at a time that is invalid.
    let keys: Vec<_> = (0..480).map(|n| format!("MAIL#nobody-{n}")).collect();
    let puts = keys.iter().zip(0..).map(|(key, n)| {
        let put = dynamo.put_item().table_name(table).item("pk", text(key));
        let put = put.item("sk", text("x")).item("body", text("x"));
        let part = format!("CLOSE#{}", n % 4);
        put.item("due", text(&part)).item("due_at", AttributeValue::N("0.5".to_owned())).send()
    });
    for put in join_all(puts).await {
        put.unwrap();
    }
    let junk = ("REQ#ffffffffffffffffffff", "EVENT#00000001");
    puts_by_root(dynamo, table, junk, "x").await;
    let id = cast.ann_asks("orders-read", "6s").await;
    // An entry of another history, in the wrong place.
    let entry = cast.ann.shows(&id).await.body["timeline"][0].to_string();
    puts_by_root(dynamo, table, ("REQ#eeeeeeeeeeeeeeeeeeee", "EVENT#00000001"), &entry).await;
    cast.bob.decides(&id, "approve").await;
    cast.becomes(&id, "active").await;
    let ended = async || {
        cast.stack.sweep().await?;
        Ok((cast.ann.shows(&id).await.text("/status") == "ended").then_some(()))
    };
    cast.stack.eventually("it to end", ended).await.unwrap();
    assert!(cast.ann.policies().await.is_empty());
    // The day may change while this runs.
    let yesterday = aws::clock::now() - jiff::SignedDuration::from_hours(24);
    let from = yesterday.strftime("%Y-%m-%d").to_string();
    let on_record = async || {
        let export = ["audit", "export", "--from", &from];
        let export = cast.stack.portcullis(None, &export).await?.worked()?;
        let of_ann: Vec<_> = export.lines().filter(|line| line.contains(&id)).collect();
        Ok((of_ann.len() == 5).then_some(()))
    };
    cast.stack.eventually("five entries, each once, on record", on_record).await.unwrap();
    let deletes = keys.iter().map(|key| {
        let delete = dynamo.delete_item().table_name(table).key("pk", text(key));
        delete.key("sk", text("x")).send()
    });
    for delete in join_all(deletes).await {
        delete.unwrap();
    }
}

async fn puts_by_root(dynamo: &Client, table: &str, (pk, sk): (&str, &str), body: &str) {
    let put = dynamo.put_item().table_name(table).item("pk", text(pk)).item("sk", text(sk));
    put.item("type", text("asked")).item("body", text(body)).send().await.unwrap();
}

/// An attacker who may write into the index names a policy that an administrator attached as one
/// that was detached lately.
#[tokio::test]
async fn a_row_that_says_what_was_taken_away_takes_nothing_from_anybody() {
    let cast = Cast::new();
    let root = cast.stack.root().await;
    let iam = aws_sdk_iam::Client::new(&root);
    let user = cast.ann.someone.user.as_str();
    iam.attach_user_policy().user_name(user).policy_arn(MANAGED).send().await.unwrap();
    let now = aws::clock::now();
    let taken_away = now - jiff::SignedDuration::from_mins(6);
    let holding = json!({
        "on": { "user": user }, "policy": MANAGED, "version": 3,
        "hold": { "status": "released", "at": taken_away, "found": false, "checked": false },
    });
    let read = serde_json::from_value::<domain::grant::Attachment>(holding.clone());
    assert!(read.unwrap().check_at().unwrap() <= now, "it is one that would be looked at");
    let (dynamo, table) = (Client::new(&root), cast.stack.output("RequestsTable").unwrap());
    let put = dynamo.put_item().table_name(table).item("pk", text("MAIL#somebody"));
    let put = put.item("sk", text(user)).item("body", text(&holding.to_string()));
    let due_at = AttributeValue::N(taken_away.as_millisecond().to_string());
    put.item("due", text("HOLD")).item("due_at", due_at).send().await.unwrap();
    for _ in 0..2 {
        cast.stack.sweep().await.unwrap();
    }
    let attached = iam.list_attached_user_policies().user_name(user).send().await.unwrap();
    let arns: Vec<_> =
        attached.attached_policies().iter().filter_map(|one| one.policy_arn()).collect();
    assert_eq!(arns, [MANAGED], "law 7");
}
