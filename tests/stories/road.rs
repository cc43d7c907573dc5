//! The whole road of a request: access is open inside the window, and never outside.

use aws::clock;

use crate::world::{Cast, timeline};

#[tokio::test]
async fn access_opens_when_it_is_approved_and_ends_to_the_second() {
    let cast = Cast::new();
    assert!(!cast.ann.can_read("orders").await);

    let id = cast.ann_asks("orders-read", "10s").await;
    assert!(!cast.ann.can_read("orders").await, "asking is not having");

    let page = cast.answers_by_mail(&cast.bob, &id, "approve").await;
    assert!(page.html.contains("Your yes is recorded"), "{}", page.html);
    let active = cast.becomes(&id, "active").await;
    assert!(cast.ann.can_read("orders").await);
    assert!(!cast.ann.can_read("payroll").await, "what was not asked for stays closed");
    assert!(!cast.bob.can_read("orders").await, "the approver gets nothing");

    let ends_at = active["window"]["ends_at"].as_str().unwrap().parse().unwrap();
    let left = clock::now().duration_until(ends_at);
    tokio::time::sleep(left.try_into().unwrap_or_default()).await;
    assert!(!cast.ann.can_read("orders").await, "the fence closes without anybody's help");

    cast.stack.sweep().await.unwrap();
    let ended = cast.becomes(&id, "ended").await;
    assert_eq!(timeline(&ended), "asked approved activating activated ended");
    assert_eq!(cast.ann.policies().await, Vec::<String>::new());
    assert_eq!(ended["window"], active["window"], "the end never moved");
}

#[tokio::test]
async fn ending_one_grant_touches_no_other_and_nothing_that_was_there_before() {
    let cast = Cast::new();
    let short = cast.ann_asks("orders-read", "8s").await;
    let long = cast.ann_asks("payroll-read", "30m").await;
    for id in [&short, &long] {
        assert_eq!(cast.bob.decides(id, "approve").await.status, 200);
        cast.becomes(id, "active").await;
    }
    assert_eq!(cast.ann.policies().await.len(), 2);

    cast.stack
        .eventually("the short one to be swept", async || {
            cast.stack.sweep().await?;
            Ok((cast.ann.shows(&short).await.text("/status") == "ended").then_some(()))
        })
        .await
        .unwrap();

    let left = cast.ann.policies().await;
    assert!(left.len() == 1 && left[0].contains(&long), "{left:?}");
    assert!(cast.ann.can_read("payroll").await);
    assert!(!cast.ann.can_read("orders").await);
    // She can call the API only by the policy that she had before us.
    assert_eq!(cast.ann.shows(&long).await.text("/status"), "active");
}

#[tokio::test]
async fn the_requester_hears_what_became_of_it() {
    let cast = Cast::new();
    let opened = cast.ann_asks("orders-read", "8s").await;
    cast.bob.decides(&opened, "approve").await;
    let mail = cast.stack.mail_to(cast.ann.someone, "You have access until").await.unwrap();
    assert_eq!(mail.subject, "Access is open: Read orders");
    assert_eq!(mail.link(), None, "only approvers get a link");

    let denied = cast.ann_asks("orders-read", "1h").await;
    cast.carol.decides(&denied, "deny").await;
    let mail = cast.stack.mail_to(cast.ann.someone, "said no").await.unwrap();
    assert!(mail.body_text.contains("\n    seen and thought about\n"), "{}", mail.body_text);
    assert_eq!(cast.eve.subjects().await, Vec::<String>::new());
}
