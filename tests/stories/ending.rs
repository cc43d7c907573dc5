//! What was opened is closed, whatever stood in the way.

use crate::world::{Cast, timeline};

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
        "the IAM user does not exist any more; ask an administrator"
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
    // Ended once, however often it was swept.
    cast.stack.sweep().await.unwrap();
    let ended = cast.ann.shows(&id).await.body;
    assert_eq!(timeline(&ended), "asked approved activating activated ended");
}
