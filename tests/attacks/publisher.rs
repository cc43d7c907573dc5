//! Attempts to change the rules.

use rules::{
    directory::{Caller, SignedCaller},
    judge::Publishers,
    source::Sources,
};
use service::{
    NewRules, NotPublished, Publishing,
    ports::{Rulebook, Store},
    publish,
};
use testing::World;

use crate::company::{asks, at, call, id, rules, sources, world};

const ADMIN: &str = "arn:aws:iam::000000000000:role/ci";
const BOB_PUBLISHES: &str = r#"
    @id("publishers") permit (principal, action == Action::"publish", resource)
    when { principal in Group::"ops" };"#;

/// The rules with two publishers: Bob and Carol.
fn with_publishers(more: &str) -> Sources {
    let mut set = sources(&format!("{BOB_PUBLISHES}\n{more}"));
    let mut people = set.get("people.toml").unwrap().to_owned();
    for name in ["bob", "carol"] {
        let line = format!("name = \"{name}\"\n");
        people = people.replace(&line, &format!("{line}groups = [\"ops\"]\n"));
    }
    set.set("people.toml", people);
    set
}

fn caller(arn: &str) -> Caller {
    Caller::Aws(SignedCaller::new(arn.parse().unwrap(), None))
}

fn user(name: &str) -> Caller {
    caller(&format!("arn:aws:iam::000000000000:user/{name}"))
}

async fn publishes(
    world: &World,
    caller: Caller,
    sources: &Sources,
) -> Result<Publishing, NotPublished> {
    let publishers: Publishers = ADMIN.parse().unwrap();
    let account = Some("000000000000".to_owned());
    let new = NewRules { sources: sources.clone(), caller, account, call: call(1) };
    publish(world, world, &publishers, &new).await.map(|(outcome, _)| outcome)
}

fn admin() -> Caller {
    caller("arn:aws:sts::000000000000:assumed-role/ci/build-7")
}

/// The names of the rules that refused the publication.
fn refused_by(outcome: Result<Publishing, NotPublished>) -> Vec<String> {
    match outcome {
        Err(NotPublished::Denied(denials)) => {
            denials.iter().map(|denial| denial.rule.to_string()).collect()
        }
        outcome => vec![format!("{outcome:?}")],
    }
}

#[tokio::test]
async fn the_first_rules_are_published_by_whom_the_deployment_names_and_by_nobody_else() {
    let world = World::default();
    let set = with_publishers("");
    let early = publishes(&world, user("bob"), &set).await;
    assert!(
        matches!(early, Err(NotPublished::NoPublisher)),
        "rules in a set let nobody publish it"
    );
    assert!(world.publications().is_empty());
    assert!(matches!(publishes(&world, admin(), &set).await, Ok(Publishing::InForce(_))));
    let published = world.publications();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].actor.to_string(), "arn:aws:sts::000000000000:assumed-role/ci/build-7");
}

#[tokio::test]
async fn an_engineer_may_not_publish_rules_that_let_them_publish() {
    let world = world();
    let theirs = with_publishers(
        r#"@id("me") permit (principal == Person::"mallory@example.com", action == Action::"publish", resource);"#,
    );
    let outcome = publishes(&world, user("mallory"), &theirs).await;
    assert_eq!(refused_by(outcome), ["base/publishers"]);
    let stranger = publishes(&world, user("eve"), &theirs).await;
    assert_eq!(refused_by(stranger), ["directory/unknown-caller"]);
    assert_eq!(world.current().await.unwrap().digest(), rules().digest());
    assert!(world.publications().is_empty());
}

#[tokio::test]
async fn a_rule_can_keep_publishers_from_publishing_and_no_set_takes_that_back_by_itself() {
    let world = World::default();
    let frozen = with_publishers(
        r#"@id("freeze") @advice("wait") forbid (principal, action == Action::"publish", resource);"#,
    );
    publishes(&world, admin(), &frozen).await.unwrap();
    assert_eq!(refused_by(publishes(&world, user("bob"), &with_publishers("")).await), ["freeze"]);
    assert!(publishes(&world, admin(), &with_publishers("")).await.is_ok());
    assert_eq!(world.publications().len(), 2);
}

#[tokio::test]
async fn two_publishers_are_two_people_who_mean_the_same_set_in_place_of_the_same() {
    let two = |more: &str| {
        let mut set = with_publishers(more);
        let entries = format!("two_publishers = true\n{}", set.get("entitlements.toml").unwrap());
        set.set("entitlements.toml", entries);
        set
    };
    let world = World::default();
    publishes(&world, admin(), &two("")).await.unwrap();
    let rule = |name: &str| {
        format!(
            r#"@id("{name}") @advice("no") forbid (principal, action == Action::"readAudit", resource);"#
        )
    };
    let (one, other) = (two(&rule("one")), two(&rule("other")));
    for (who, set) in [("bob", &one), ("bob", &one), ("carol", &other), ("bob", &one)] {
        let outcome = publishes(&world, user(who), set).await.unwrap();
        assert!(matches!(outcome, Publishing::Proposed(_)), "{who}: {outcome:?}");
    }
    assert_eq!(world.publications().len(), 1, "nobody agrees with anybody");
    // Another set came into force since Bob saw which set his own replaces.
    publishes(&world, admin(), &other).await.unwrap();
    let late = publishes(&world, user("carol"), &one).await.unwrap();
    assert!(matches!(late, Publishing::Proposed(_)), "{late:?}");
    let Ok(Publishing::InForce(entry)) = publishes(&world, user("bob"), &one).await else {
        panic!("Carol and Bob agree")
    };
    let first = entry.event.proposed_by.as_ref().unwrap().to_string();
    assert_eq!(first, "arn:aws:iam::000000000000:user/carol");
    assert_eq!(entry.actor.to_string(), "arn:aws:iam::000000000000:user/bob");
    assert_eq!(world.current().await.unwrap().digest(), one.digest());
    // A set that two agreed on and that was replaced again needs both of them once more.
    publishes(&world, admin(), &other).await.unwrap();
    let again = publishes(&world, user("bob"), &one).await.unwrap();
    assert!(matches!(again, Publishing::Proposed(_)), "{again:?}");
}

#[tokio::test]
async fn a_managed_policy_or_a_role_that_leaves_keys_behind_is_found_when_it_is_published() {
    let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#;
    let reading = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
    let world = World::default();
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    world.write_text(policy, everything);
    let refused = publishes(&world, admin(), &sources("")).await.unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("what `read-all` opens can leave this behind"), "{said}");
    world.write_text(policy, reading);
    let quiet = sources("").get("entitlements.toml").unwrap().replace("lasting =", "#");
    let mut set = sources("");
    set.set("entitlements.toml", quiet);
    world.write_text("deploy", everything);
    let said = publishes(&world, admin(), &set).await.unwrap_err().to_string();
    assert!(said.contains("what `deploy` opens can leave this behind"), "{said}");
    assert!(world.publications().is_empty());
    assert!(publishes(&world, admin(), &sources("")).await.is_ok(), "it says that it stays");
}

#[tokio::test]
async fn an_unsound_set_is_published_by_nobody_and_what_is_asked_stays_under_the_old_one() {
    let world = world();
    asks(&world, "ann", "orders-read", 1).await;
    let mut set = sources("");
    set.set("policies/orders.json", "{}");
    let outcome = publishes(&world, admin(), &set).await;
    assert!(matches!(outcome, Err(NotPublished::Unsound(_))), "{outcome:?}");
    let mut elsewhere = sources("");
    let people = elsewhere.get("people.toml").unwrap().replace("000000000000", "111111111111");
    elsewhere.set("people.toml", people);
    let entries =
        elsewhere.get("entitlements.toml").unwrap().replace("000000000000", "111111111111");
    elsewhere.set("entitlements.toml", entries);
    assert!(matches!(publishes(&world, admin(), &elsewhere).await, Err(NotPublished::Denied(_))));
    let read = world.snapshot(&id(1)).await.unwrap().unwrap();
    assert_eq!(read.rules, Some(rules().digest()), "{}", at(0));
}
