//! The rules are tightened while access is open or about to open.

use service::Error;

use crate::company::{approves, asks, at, id, mints, sources, timeline, world};

const NO_MORE: &str = r#"
    @id("incident") @reason("an incident is being looked at") @advice("wait until it is over")
    forbid (principal == Person::"mallory@example.com", action, resource);"#;

#[tokio::test]
async fn an_open_request_gives_no_more_credentials_once_the_rules_forbid_it() {
    let world = world();
    asks(&world, "mallory", "deploy", 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    world.worker().settle(&id(1), at(0)).await.unwrap();
    mints(&world, "mallory", &id(1), 1).await.unwrap();
    world.publish_rules(sources(NO_MORE).check().unwrap());
    let Err(Error::Denied(reasons)) = mints(&world, "mallory", &id(1), 2).await else {
        panic!("the rules in force forbid it")
    };
    let said: Vec<_> = reasons.iter().map(|denial| denial.reason.as_str()).collect();
    assert!(
        said.iter().any(|reason| reason.contains("an incident is being looked at")),
        "{said:?}"
    );
    assert_eq!(world.sessions().len(), 1);
    assert_eq!(timeline(&world, &id(1)).await, "asked approved activating activated minting");
}

#[tokio::test]
async fn what_was_approved_before_the_rules_forbade_it_is_not_opened() {
    let world = world();
    asks(&world, "mallory", "orders-read", 1).await;
    approves(&world, "bob", &id(1)).await.unwrap();
    world.publish_rules(sources(NO_MORE).check().unwrap());
    world.worker().settle(&id(1), at(1)).await.unwrap();
    assert!(world.policies().is_empty());
    assert_eq!(timeline(&world, &id(1)).await, "asked approved activating failed");
}
