//! Open access is closed in spite of all obstacles.

use http::Method;
use serde_json::json;

use crate::{
    company::BY_MANY,
    world::{Cast, Person, timeline},
};

#[tokio::test]
async fn a_user_that_was_deleted_fails_the_request_and_leaves_nothing() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let (ann, key) = (&cast.ann.someone.user, &cast.ann.someone.access_key_id);
    iam.delete_user_policy().user_name(ann).policy_name("use-portcullis").send().await.unwrap();
    iam.delete_access_key().user_name(ann).access_key_id(key).send().await.unwrap();
    iam.delete_user().user_name(ann).send().await.unwrap();

    assert_eq!(cast.bob.decides(&id, "approve").await.status, 200);
    let failed = cast
        .stack
        .eventually("the request to fail", async || {
            let shown = cast.bob.shows(&id).await;
            Ok((shown.text("/status") == "failed").then_some(shown))
        })
        .await
        .unwrap();
    assert_eq!(timeline(&failed.body), "asked approved activating failed");
    assert_eq!(
        failed.text("/failure"),
        "the IAM user or role does not exist any more; ask an administrator"
    );
    let told = cast.stack.mail_to(cast.ann.someone, "could not be opened").await.unwrap();
    assert_eq!(told.subject, "Access could not be opened: Read orders");
}

#[tokio::test]
async fn a_policy_somebody_deleted_by_hand_does_not_keep_its_request_from_ending() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "8s").await;
    cast.bob.decides(&id, "approve").await;
    cast.becomes(&id, "active").await;
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    for policy in cast.ann.policies().await {
        let user = &cast.ann.someone.user;
        iam.delete_user_policy().user_name(user).policy_name(policy).send().await.unwrap();
    }
    cast.stack
        .eventually("the request to end", async || {
            cast.stack.sweep().await?;
            Ok((cast.ann.shows(&id).await.text("/status") == "ended").then_some(()))
        })
        .await
        .unwrap();
    // The request has ended once, and another sweep changes nothing.
    cast.stack.sweep().await.unwrap();
    let ended = cast.ann.shows(&id).await.body;
    assert_eq!(timeline(&ended), "asked approved activating activated ended");
}

#[tokio::test]
async fn access_is_closed_early_by_whoever_has_it_or_approves_it_and_is_gone_at_once() {
    let cast = Cast::new();
    let closes = async |who: &Person, id: &str| {
        let words = ["revoke", id, "--reason", "done early"];
        cast.stack.portcullis(Some(who.someone), &words).await.unwrap()
    };
    for (who, told) in [(&cast.ann, false), (&cast.bob, true)] {
        let id = cast.ann_asks("orders-read", "1h").await;
        cast.carol.decides(&id, "approve").await;
        cast.becomes(&id, "active").await;
        assert!(cast.ann.can_read("orders").await);
        let eves = closes(&cast.eve, &id).await;
        assert!(!eves.ok && eves.err.contains("no such request"), "{eves:?}");
        let done = closes(who, &id).await;
        assert!(done.ok && done.out.contains("revok"), "{done:?}");
        let revoked = cast.becomes(&id, "revoked").await;
        let events = "asked approved activating activated revoking revoked";
        assert_eq!(timeline(&revoked), events);
        assert_eq!(revoked["timeline"][4]["event"]["reason"], "done early");
        assert!(!cast.ann.can_read("orders").await);
        assert_eq!(cast.ann.policies().await, Vec::<String>::new());
        if told {
            let mail =
                cast.stack.mail_to(cast.ann.someone, "has closed your access").await.unwrap();
            assert!(mail.body_text.contains("    done early"), "{}", mail.body_text);
        }
        let again = closes(who, &id).await;
        assert!(again.err.contains("the request is revoked already"), "{again:?}");
    }
    let pending = cast.ann_asks("orders-read", "1h").await;
    let early = closes(&cast.ann, &pending).await;
    assert!(early.err.contains("not approved yet; cancel it"), "{early:?}");
}

#[tokio::test]
async fn open_access_is_extended_by_the_same_rules_and_nobody_elses_is() {
    let cast = Cast::new();
    let extends = |id: &str| json!({ "extends": id });
    let first = cast.ann_asks("orders-read", "1h").await;
    let early = cast.ann.asks_with("orders-read", "1h", extends(&first)).await;
    assert_eq!(early.problem(), "409 not-extendable", "{early:?}");
    cast.bob.decides(&first, "approve").await;
    cast.becomes(&first, "active").await;
    let other = cast.ann.asks_with("payroll-read", "1h", extends(&first)).await;
    assert_eq!(other.problem(), "409 not-extendable", "it is another thing");
    let nobodys = cast.ann.asks_with("orders-read", "1h", extends(&"0".repeat(20))).await;
    assert_eq!(nobodys.problem(), "404 not-found");
    let stranger = Cast::new().ann;
    let body = json!({
        "entitlement": BY_MANY, "duration": "1h", "reason": "who has what?", "extends": first,
    });
    let theirs = stranger.calls(Method::POST, "/requests", body).await;
    assert_eq!(theirs.problem(), "404 not-found", "somebody else's looks like none");
    let longer = cast.ann.asks_with("orders-read", "1h", extends(&first)).await;
    assert_eq!((longer.status, longer.text("/extends")), (201, first.as_str()), "{longer:?}");
    let second = longer.text("/id").to_owned();
    let mail = cast.bob.mail(&second).await;
    let told = format!("Extends   what is open already, by request {first}");
    assert!(mail.body_text.contains(&told), "{}", mail.body_text);
    cast.answers_by_mail(&cast.bob, &second, "approve").await;
    cast.becomes(&second, "active").await;
    assert_eq!(cast.ann.policies().await.len(), 2);
    cast.ann
        .calls(Method::POST, &format!("/requests/{first}/revoke"), json!({ "reason": "x" }))
        .await;
    cast.becomes(&first, "revoked").await;
    assert!(cast.ann.can_read("orders").await, "law 6: the other one is still open");
    assert_eq!(cast.ann.policies().await.len(), 1);
}
