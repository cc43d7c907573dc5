//! Policies that IAM should not hold, found by a reconciliation.

use crate::world::{Cast, timeline};

/// The name of a policy with our mark that belongs to no request.
fn orphan() -> String {
    format!("portcullis-{}-00000000000000000000-4102444800", local::deploy::deployment())
}

#[tokio::test]
async fn a_look_at_iam_takes_what_nobody_owns_puts_back_a_fence_and_is_on_record() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    cast.bob.decides(&id, "approve").await;
    cast.becomes(&id, "active").await;
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let user = &cast.ann.someone.user;
    let own = cast.ann.policies().await.remove(0);
    let read = async || {
        let get = iam.get_user_policy().user_name(user).policy_name(&own).send().await.unwrap();
        get.policy_document
    };
    let before = read().await;
    let open = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}]}"#;
    let orphan = orphan();
    for name in [&own, &orphan] {
        let put = iam.put_user_policy().user_name(user).policy_name(name);
        put.policy_document(open).send().await.unwrap();
    }
    assert!(cast.ann.can_read("payroll").await, "somebody has opened more than was granted");

    let dry = cast.stack.portcullis(None, &["reconcile", "--dry-run"]).await.unwrap();
    assert!(dry.ok && dry.out.contains(&orphan) && dry.out.contains("put back"), "{dry:?}");
    assert!(cast.ann.policies().await.contains(&orphan), "it only looked");
    cast.stack.reconcile().await.unwrap();
    assert_eq!(cast.ann.policies().await, [own.as_str()]);
    assert_eq!(read().await, before, "law 3");
    assert!(!cast.ann.can_read("payroll").await && cast.ann.can_read("orders").await);
    let shown = cast.ann.shows(&id).await.body;
    assert_eq!(timeline(&shown), "asked approved activating activated", "it goes on as it was");

    let export = cast.stack.folder().join(format!("{id}.jsonl"));
    let words = ["audit", "export", "--out", export.to_str().unwrap()];
    let on_record = async || {
        cast.stack.portcullis(None, &words).await?;
        let export = std::fs::read_to_string(&export)?;
        let found = |word: &str| {
            export.lines().any(|line| line.contains(word) && line.contains(user.as_str()))
        };
        Ok((found("\"leftover\"") && found("\"edited\"")).then_some(()))
    };
    cast.stack.eventually("what was found to be on record", on_record).await.unwrap();
    let verified =
        cast.stack.portcullis(None, &["audit", "verify", export.to_str().unwrap()]).await.unwrap();
    assert!(verified.ok, "{verified:?}");
}
