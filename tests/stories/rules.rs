//! The rules beyond yes and no, and their publication.

use std::fs;

use aws::{clock, dynamo::PublishedRules, iam::AwsIam};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use domain::value::CallContext;
use http::Method;
use jiff::SignedDuration;
use rules::{
    directory::{Caller, CallerArn, SignedCaller},
    source::Sources,
};
use serde_json::{Value, json};
use service::{NewRules, ports::Rulebook};

use crate::world::{Cast, timeline};

#[tokio::test]
async fn what_a_rule_approves_opens_without_anybody_being_asked() {
    let cast = Cast::new();
    let asked = cast.ann.asks("orders-read", "5s").await;
    assert_eq!((asked.status, asked.text("/approved_by")), (201, "rule"), "{asked:?}");
    assert_eq!(asked.body["allowed_by"], json!(["base/requesters", "short-is-free"]));
    let id = asked.text("/id");
    cast.stack.mail_to(cast.ann.someone, "You have access until").await.unwrap();
    let shown = cast.ann.shows(id).await.body;
    assert!(timeline(&shown).starts_with("asked activating activated"), "{shown}");
    assert_eq!(cast.bob.subjects().await, Vec::<String>::new());
}

#[tokio::test]
async fn broken_glass_opens_at_once_everybody_hears_of_it_and_somebody_reviews_it() {
    let cast = Cast::new();
    let confirm = json!({ "break_glass": true, "confirm": cast.entitlement("payroll-read") });
    let asked = cast.ann.asks_with("payroll-read", "8s", confirm).await;
    assert_eq!((asked.status, asked.text("/review/status")), (201, "open"), "{asked:?}");
    let id = asked.text("/id");
    cast.stack
        .eventually("Ann's first read", async || {
            Ok(cast.ann.can_read("payroll").await.then_some(()))
        })
        .await
        .unwrap();
    let link = cast.carol.link(id).await;
    assert_eq!(cast.ann.decides(id, "approve").await.problem(), "403 own-request");
    let page = cast.answers_by_mail(&cast.bob, id, "deny").await;
    assert!(page.html.contains("Your no is recorded"), "{}", page.html);
    let late = cast.browser().open(&link).await.unwrap();
    assert!(!late.html.contains("<form"), "one review is enough: {}", late.html);
    let mail = cast.stack.mail_to(cast.ann.someone, "it was not in order").await.unwrap();
    assert!(mail.body_text.contains("seen and thought about"), "{}", mail.body_text);

    cast.stack
        .eventually("the end of it", async || {
            cast.stack.sweep().await?;
            Ok((cast.ann.shows(id).await.text("/status") == "ended").then_some(()))
        })
        .await
        .unwrap();
    assert!(!cast.ann.can_read("payroll").await);
    let ended = cast.ann.shows(id).await;
    assert_eq!(ended.text("/review/decision/by"), cast.bob.someone.mail.as_str());
}

#[tokio::test]
async fn a_start_that_was_asked_for_is_kept_to_the_second() {
    let cast = Cast::new();
    let starts_at = in_seconds(7);
    let asked = cast.ann.asks_with("orders-read", "30s", json!({ "starts_at": starts_at })).await;
    let id = asked.text("/id");
    cast.bob.decides(id, "approve").await;
    let active = cast.becomes(id, "active").await;
    let opens_at: jiff::Timestamp =
        active["window"]["starts_at"].as_str().unwrap().parse().unwrap();
    loop {
        let before = clock::now();
        let allowed = cast.ann.can_read("orders").await;
        let after = clock::now();
        assert!(!allowed || opens_at <= after, "{allowed} at {after}, and it starts at {opens_at}");
        assert!(
            allowed || before < opens_at + SignedDuration::from_secs(1),
            "not open at {before}"
        );
        if allowed {
            break;
        }
    }
}

/// The time this many seconds from now, without a fraction of a second.
fn in_seconds(seconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(clock::now().as_second() + seconds).unwrap()
}

#[tokio::test]
async fn a_start_far_ahead_waits_in_the_record_and_can_be_taken_back() {
    let cast = Cast::new();
    let starts_at = in_seconds(5 * 3600);
    let asked = cast.ann.asks_with("orders-read", "1h", json!({ "starts_at": starts_at })).await;
    let id = asked.text("/id");
    assert_eq!(cast.bob.decides(id, "approve").await.text("/status"), "scheduled");
    cast.stack.sweep().await.unwrap();
    assert_eq!(cast.ann.policies().await, Vec::<String>::new());
    let cancelled =
        cast.ann.calls(Method::POST, &format!("/requests/{id}/cancel"), json!({})).await;
    assert_eq!(cancelled.text("/status"), "cancelled");
}

#[tokio::test]
async fn a_dry_run_and_the_catalogue_say_what_it_would_take_and_write_nothing() {
    let cast = Cast::new();
    let dry = async |more: Value| {
        let body = cast.ann.ask("orders-by-two", "1h", &more);
        cast.ann.calls(Method::POST, "/requests?dry_run=true", body).await
    };
    let taken = dry(json!({})).await;
    assert_eq!((taken.status, taken.text("/verdict")), (200, "needs_approval"));
    assert_eq!(taken.body["steps"][0]["quorum"], json!(2));
    let refused = dry(json!({ "ticket": "FUN-1" })).await;
    assert_eq!(
        refused.body["reasons"],
        json!([{ "rule": "not-for-fun", "reason": "fun is no reason", "advice": "ask when there is work to do" }])
    );
    assert_eq!(cast.ann.list().await, Vec::<String>::new());
    assert_eq!(cast.bob.subjects().await, Vec::<String>::new());
    let catalogue = cast.ann.sends(Method::GET, "/entitlements", Vec::new(), None).await;
    let hers = catalogue.body["entitlements"].as_array().unwrap();
    assert_eq!(hers.len(), 14);
    let glass = hers.iter().filter(|entry| entry["could_break_glass"] == json!(true));
    assert_eq!(glass.count(), 6, "{hers:?}");
}

#[tokio::test]
async fn publishing_rules_is_on_record_with_who_and_what_and_a_broken_set_changes_nothing() {
    let cast = Cast::new();
    let rules = cast.stack.folder().join("rules");
    fs::create_dir_all(rules.join("policies")).unwrap();
    let files = [
        "people.toml",
        "entitlements.toml",
        "limits.cedar",
        "policies/orders.json",
        "policies/payroll.json",
        "policies/large.json",
    ];
    for name in files {
        fs::write(rules.join(name), cast.stack.sources().get(name).unwrap()).unwrap();
    }
    let directory = rules.to_string_lossy().into_owned();
    let root = async |args: &[&str]| cast.stack.portcullis(None, args).await.unwrap();
    let dora = cast.stack.publisher().unwrap();
    let portcullis = async |args: &[&str]| cast.stack.portcullis(Some(dora), args).await.unwrap();
    let own = "@id(\"nobody-else\") @advice(\"no\") forbid (principal, action == Action::\"revoke\", resource);";

    fs::write(rules.join("own.cedar"), own.replace("revoke", "revok")).unwrap();
    let broken = portcullis(&["rules", "push", &directory]).await;
    assert!(!broken.ok && broken.err.contains("own.cedar:1:"), "{broken:?}");
    fs::write(rules.join("own.cedar"), own.replace("revoke", "request")).unwrap();
    let shut = portcullis(&["rules", "push", &directory]).await;
    assert!(!shut.ok && shut.err.contains("nobody may ask for anything"), "{shut:?}");
    fs::write(rules.join("own.cedar"), own).unwrap();
    fs::write(rules.join("tests.toml"), TEST.replace("EXPECTED", "allow")).unwrap();
    let untrue = portcullis(&["rules", "push", &directory]).await;
    assert!(!untrue.ok && untrue.err.contains("the rules say needs_approval"), "{untrue:?}");
    let same = root(&["rules", "log"]).await.worked().unwrap();
    assert!(!same.contains("nobody-else"), "a set that was refused is in force: {same}");

    fs::write(rules.join("tests.toml"), TEST.replace("EXPECTED", "needs_approval")).unwrap();
    let different = root(&["rules", "diff", &directory]).await.worked().unwrap();
    assert_eq!(different.trim(), "+ rule nobody-else");
    portcullis(&["rules", "push", &directory]).await.worked().unwrap();
    let again = portcullis(&["rules", "push", &directory]).await.worked().unwrap();
    assert!(again.contains("Nothing to do"), "{again}");
    let log = root(&["rules", "log"]).await.worked().unwrap();
    let file = format!("file own.cedar: {} bytes, SHA-256 ", own.len());
    assert!(
        log.contains(&format!("arn:aws:iam::000000000000:user/publisher\n    {file}")),
        "{log}"
    );
    assert!(log.contains("\n    + rule nobody-else"), "{log}");
    cast.stack
        .eventually("the publication in the audit record", async || {
            let export = root(&["audit", "export"]).await.worked()?;
            let published =
                |line: &str| line.contains("\"published\"") && line.contains("+ rule nobody-else");
            Ok(export.lines().any(published).then_some(()))
        })
        .await
        .unwrap();
    // The set is in force: a new request is pinned to it.
    let asked = cast.ann.asks("orders-read", "1h").await;
    assert!(log.contains(&asked.text("/rules")[..12]), "{log}");
}

const TEST: &str = r#"
[[test]]
name = "Ann may ask"
who = "ann-0@example.com"
asks = "orders-read-0"
for = "1h"
expect = "EXPECTED"
"#;

#[tokio::test]
async fn which_rules_decided_is_told_from_the_record_alone() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    cast.bob.decides(&id, "approve").await;
    let export = cast.stack.folder().join(format!("{id}.jsonl"));
    let export = export.to_string_lossy();
    let told = cast
        .stack
        .eventually("the approval in the record", async || {
            cast.stack.portcullis(None, &["audit", "export", "--out", &export]).await?.worked()?;
            let args = ["rules", "explain", &id, "--record", &export];
            let told = cast.stack.portcullis(None, &args).await?;
            Ok((told.ok && told.out.contains("approved")).then_some(told.out))
        })
        .await
        .unwrap();
    assert!(told.contains("allowed by base/requesters of rules "), "{told}");
    assert!(told.contains("let answer by base/approvers of rules "), "{told}");
}

#[tokio::test]
async fn rules_that_no_publication_names_decide_nothing_wherever_the_pointer_points() {
    let cast = Cast::new();
    let root = cast.stack.root().await;
    let table = own_table(&root, "rules-of-a-forger").await;
    let book = || PublishedRules::new(&root, table.clone());
    let publishers = "arn:aws:iam::000000000000:user/dora".parse().unwrap();
    let caller: CallerArn = "arn:aws:iam::000000000000:user/dora".parse().unwrap();
    let publish = async |sources: &Sources| {
        let caller = Caller::Aws(SignedCaller::new(caller.clone(), None));
        let call = CallContext { at: clock::now(), source_ip: None, mfa: false };
        let new = NewRules { sources: sources.clone(), caller, account: None, call };
        let texts = AwsIam::new(&root);
        service::publish(&book(), &texts, &publishers, &new).await.unwrap();
    };
    let strict = cast.stack.sources().clone();
    let mut loose = strict.clone();
    let permit = "@id(\"loose\") permit (principal, action == Action::\"autoApprove\", resource);";
    loose.set("loose.cedar", permit);
    publish(&loose).await;
    publish(&strict).await;
    assert_eq!(book().current().await.unwrap().digest(), strict.digest());

    // The older set was published and is still stored. The pointer is moved back to it.
    let dynamo = aws_sdk_dynamodb::Client::new(&root);
    let pointer = dynamo.get_item().table_name(&table).key("pk", text("RULES"));
    let pointer = pointer.key("sk", text("CURRENT")).send().await.unwrap().item.unwrap();
    let moved =
        pointer.into_iter().chain([("digest".to_owned(), text(&loose.digest().to_string()))]);
    dynamo.put_item().table_name(&table).set_item(Some(moved.collect())).send().await.unwrap();
    let refused = book().current().await.unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert_eq!(cause, "the last publication on record does not name them");
}

#[tokio::test]
async fn whom_no_rule_lets_publish_is_told_so_and_nothing_changes() {
    let cast = Cast::new();
    let before = cast.stack.portcullis(None, &["rules", "log"]).await.unwrap().worked().unwrap();
    let files = json!({ "files": cast.stack.sources() });
    let refused = cast.ann.calls(Method::POST, "/rules", files.clone()).await;
    assert_eq!(refused.problem(), "403 denied-by-rule", "{refused:?}");
    assert_eq!(refused.text("/reasons/0/rule"), "base/publishers");
    let nameless = cast.ann.calls(Method::POST, "/rules", json!({ "rules": {} })).await;
    assert_eq!(nameless.problem(), "400 malformed");
    let publisher = cast.stack.publisher().unwrap();
    let unsound = json!({ "files": { "people.toml": "", "entitlements.toml": "x" } });
    let api = cast.stack.api_of(publisher).await.unwrap();
    let said = api.post::<Value>("/rules", &unsound, None).await.err().unwrap().to_string();
    assert!(said.contains("entitlements.toml:1:"), "{said}");
    // A publisher may publish, and may not ask for access.
    let (status, _) = api.send(Method::GET, "/entitlements", Vec::new(), None).await.unwrap();
    assert_eq!(status, 403);
    let after = cast.stack.portcullis(None, &["rules", "log"]).await.unwrap().worked().unwrap();
    let published_by_them = |log: &str| log.matches("user/ann").count();
    assert_eq!(published_by_them(&after), published_by_them(&before));
}

/// Makes a table with the same keys as ours, for one story.
async fn own_table(root: &SdkConfig, name: &str) -> String {
    let dynamo = aws_sdk_dynamodb::Client::new(root);
    let attribute = |name: &str| {
        let kind = ScalarAttributeType::S;
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
    };
    let create = dynamo.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    let create =
        create.attribute_definitions(attribute("pk")).attribute_definitions(attribute("sk"));
    let create = create.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range));
    create.send().await.unwrap();
    name.to_owned()
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
