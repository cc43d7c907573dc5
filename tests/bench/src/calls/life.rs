//! The life of one request: asked, seen, approved, opened, over, swept.

use anyhow::{Context, Result, ensure};
use http::Method;
use local::{Browser, Stack};
use rules::source::Sources;
use serde_json::{Value, json};

use super::{Call, Record, until_audited};

/// Rules by which Ann may ask, and Bob decides.
pub(super) fn sources() -> Sources {
    let people = ["ann", "bob"].map(|name| {
        format!(
            "[[person]]\nmail = \"{name}@example.com\"\nname = \"{name}\"\n\
             arns = [\"arn:aws:iam::000000000000:user/{name}\"]\n"
        )
    });
    let entitlements = "[[entitlement]]\nid = \"orders-read\"\ntitle = \"Read orders\"\n\
         requesters = [\"ann@example.com\"]\napprovers = [\"bob@example.com\"]\n\
         max_duration = \"1h\"\ndecide_within = \"1h\"\n\
         grant = { kind = \"inline_policy\", policy = \"policies/orders.json\" }\n";
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Action":"dynamodb:GetItem","Resource":"arn:aws:dynamodb:*:*:table/orders"}]}"#;
    let people = people.concat();
    Sources::from_iter([
        ("people.toml", people.as_str()),
        ("entitlements.toml", entitlements),
        ("policies/orders.json", policy),
    ])
}

/// Lets Ann call the API by a managed policy. For each inline policy of a user, the check of the
/// remaining room takes one more call.
pub(super) async fn prepare(stack: &Stack) -> Result<()> {
    let iam = aws_sdk_iam::Client::new(&stack.root().await);
    let user = &stack.person("ann")?.user;
    let inline = iam.get_user_policy().user_name(user).policy_name("use-portcullis");
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": stack.output("ApiArn")?,
        }],
    });
    inline.send().await.context("whatever lets Ann call the API is no inline policy")?;
    let made = iam.create_policy().policy_name("use-portcullis");
    let made = made.policy_document(document.to_string()).send().await?.policy;
    let arn = made.and_then(|policy| policy.arn).context("a policy without an ARN")?;
    iam.attach_user_policy().user_name(user).policy_arn(arn).send().await?;
    iam.delete_user_policy().user_name(user).policy_name("use-portcullis").send().await?;
    Ok(())
}

/// Runs one life, and returns each call that the functions made for it.
pub(super) async fn lived(stack: &Stack, record: &Record) -> Result<Vec<Call>> {
    let (ann, bob) = (stack.person("ann")?, stack.person("bob")?);
    let api = stack.api_of(ann).await?;
    record.take();
    let terms =
        json!({ "entitlement": "orders-read", "duration": "8s", "reason": "incident 4711" });
    let (status, text) =
        api.send(Method::POST, "/requests", terms.to_string().into_bytes(), None).await?;
    ensure!(status == 201, "asking was answered {status}: {text}");
    let asked: Value = serde_json::from_str(&text)?;
    let id = asked.pointer("/id").and_then(Value::as_str).context("a request without an id")?;
    let mail = stack.mail_to(bob, &format!("/approvals/{id}.")).await?;
    let link = mail.link().context("a mail without a link")?;
    let browser = Browser::new(stack.output("ApiUrl")?)?;
    let page = browser.open(link).await?;
    browser.answer(link, &page, "approve", "seen and thought about").await?;
    let open = format!("-{id}-");
    let policies = async || -> Result<bool> {
        Ok(stack.policies_of(ann).await?.iter().any(|policy| policy.contains(&open)))
    };
    let opened = async || Ok(policies().await?.then_some(()));
    stack.eventually("it to open", opened).await?;
    // Three entries are on record by then. The fourth says that the access is open.
    let mut calls = until_audited(stack, record, 4).await?;
    let closed = async || {
        stack.sweep().await?;
        Ok((!policies().await?).then_some(()))
    };
    stack.eventually("it to close", closed).await?;
    calls.extend(until_audited(stack, record, 1).await?);
    Ok(calls)
}
