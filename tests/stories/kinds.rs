//! Each kind of grant, and its end: managed policies, policies on roles, sessions.

use http::Method;
use local::Stack;
use serde_json::{Value, json};

use crate::{
    company::MANAGED,
    world::{Cast, Person, timeline},
};

/// A person's request for this, approved by Bob and open. Returns its id.
async fn opens(cast: &Cast, who: &Person, entitlement: &str, duration: &str) -> String {
    let asked = who.asks(entitlement, duration).await;
    assert_eq!(asked.status, 201, "{asked:?}");
    let id = asked.text("/id").to_owned();
    let yes = cast.bob.decides(&id, "approve").await;
    assert_eq!(yes.status, 200, "{yes:?}");
    is_open(cast, who, &id).await;
    id
}

async fn is_open(cast: &Cast, who: &Person, id: &str) {
    let look = async || Ok((who.shows(id).await.text("/status") == "active").then_some(()));
    cast.stack.eventually("it to be open", look).await.unwrap();
}

async fn revokes(who: &Person, id: &str) {
    let reason = json!({ "reason": "done early" });
    let done = who.calls(Method::POST, &format!("/requests/{id}/revoke"), reason).await;
    assert_eq!(done.status, 200, "{done:?}");
}

/// Ann's attached policies.
async fn attached(cast: &Cast) -> Vec<String> {
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let user = &cast.ann.someone.user;
    let listed = iam.list_attached_user_policies().user_name(user).send().await.unwrap();
    listed.attached_policies().iter().map(|p| p.policy_arn().unwrap().to_owned()).collect()
}

/// The credentials that the command line prints for the tools of AWS.
async fn credentials(who: &Person, id: &str) -> [String; 3] {
    let words = ["credentials", id, "--format", "process"];
    let printed = who.stack().portcullis(Some(who.someone), &words).await.unwrap();
    assert!(printed.ok, "{printed:?}");
    let given: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!(given["Version"], 1);
    ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|at| given[at].as_str().unwrap().into())
}

async fn can_read_with(cast: &Cast, keys: &[String; 3], table: &str) -> bool {
    let sdk = cast.stack.sdk_with(keys.each_ref().map(String::as_str)).await;
    Stack::may_read(&sdk, table).await.unwrap()
}

#[tokio::test]
async fn a_managed_policy_is_there_while_one_of_two_grants_lasts_and_gone_with_the_last() {
    let cast = Cast::new();
    assert!(!cast.ann.can_read("orders").await);
    let short = opens(&cast, &cast.ann, "orders-managed", "6s").await;
    assert!(cast.ann.can_read("orders").await);
    let long = opens(&cast, &cast.ann, "orders-managed", "1h").await;
    let ended = async || {
        cast.stack.sweep().await?;
        Ok((cast.ann.shows(&short).await.text("/status") == "ended").then_some(()))
    };
    cast.stack.eventually("the short one to end", ended).await.unwrap();
    assert!(cast.ann.can_read("orders").await, "law 6: the other one lasts");
    revokes(&cast.ann, &long).await;
    cast.becomes(&long, "revoked").await;
    assert!(!cast.ann.can_read("orders").await);
    assert!(attached(&cast).await.is_empty());
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let tags = iam.list_user_tags().user_name(&cast.ann.someone.user).send().await.unwrap();
    assert!(tags.tags().is_empty(), "law 4: {:?}", tags.tags());
}

#[tokio::test]
async fn a_managed_policy_that_was_there_before_is_there_afterwards() {
    let cast = Cast::new();
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let user = &cast.ann.someone.user;
    iam.attach_user_policy().user_name(user).policy_arn(MANAGED).send().await.unwrap();
    let name = cast.entitlement("orders-managed");
    let words = ["request", name.as_str(), "--for", "1h", "--reason", "incident", "--dry-run"];
    let dry = cast.stack.portcullis(Some(cast.ann.someone), &words).await.unwrap();
    assert!(dry.ok && dry.out.contains("already, and not by way of Portcullis"), "{dry:?}");
    let id = opens(&cast, &cast.ann, "orders-managed", "1h").await;
    revokes(&cast.ann, &id).await;
    cast.becomes(&id, "revoked").await;
    assert_eq!(attached(&cast).await, [MANAGED], "law 7");
}

#[tokio::test]
async fn a_role_is_given_one_policy_and_whoever_may_assume_it_has_it_while_it_lasts() {
    let cast = Cast::new();
    let root = cast.stack.root().await;
    let role = cast.entitlement("arn:aws:iam::000000000000:role/team");
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": format!("arn:aws:iam::000000000000:user/{}", cast.ann.someone.user) },
        }],
    });
    let iam = aws_sdk_iam::Client::new(&root);
    let name = role.rsplit('/').next().unwrap();
    let create = iam.create_role().role_name(name).assume_role_policy_document(trust.to_string());
    create.send().await.unwrap();
    let may = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role }],
    });
    let put = iam.put_user_policy().user_name(&cast.ann.someone.user).policy_name("assume");
    put.policy_document(may.to_string()).send().await.unwrap();
    let sts = aws_sdk_sts::Client::new(&cast.stack.sdk_of(cast.ann.someone).await);
    let assumed = sts.assume_role().role_arn(&role).role_session_name("ann").send().await.unwrap();
    let keys = assumed.credentials.unwrap();
    let keys = [keys.access_key_id, keys.secret_access_key, keys.session_token];
    assert!(!can_read_with(&cast, &keys, "orders").await);
    let id = opens(&cast, &cast.ann, "orders-by-role", "1h").await;
    assert!(can_read_with(&cast, &keys, "orders").await);
    revokes(&cast.ann, &id).await;
    cast.becomes(&id, "revoked").await;
    assert!(!can_read_with(&cast, &keys, "orders").await);
    let left = iam.list_role_policies().role_name(name).send().await.unwrap();
    assert!(left.policy_names().is_empty(), "{left:?}");
}

#[tokio::test]
async fn credentials_are_worth_something_until_the_end_to_the_second_and_each_is_on_record() {
    let cast = Cast::new();
    let early = cast.ann_asks("orders-by-session", "1h").await;
    let path = |id: &str| format!("/requests/{id}/credentials");
    let too_early = cast.ann.calls(Method::POST, &path(&early), json!({})).await;
    assert_eq!(too_early.problem(), "409 not-open", "{too_early:?}");
    let id = opens(&cast, &cast.ann, "orders-by-session", "12s").await;
    for other in [&cast.bob, &cast.eve] {
        let theirs = other.calls(Method::POST, &path(&id), json!({})).await;
        assert!([403, 404].contains(&theirs.status), "{theirs:?}");
    }
    let (first, second) = (credentials(&cast.ann, &id).await, credentials(&cast.ann, &id).await);
    assert_ne!(first, second);
    for keys in [&first, &second] {
        assert!(can_read_with(&cast, keys, "orders").await);
        assert!(!can_read_with(&cast, keys, "payroll").await);
    }
    assert!(!cast.ann.can_read("orders").await, "nothing was put on her user");
    let closed = async || Ok((!can_read_with(&cast, &first, "orders").await).then_some(()));
    cast.stack.eventually("the window to close by itself", closed).await.unwrap();
    let over = cast.ann.calls(Method::POST, &path(&id), json!({})).await;
    assert!(["409 over", "409 settled"].contains(&over.problem().as_str()), "{over:?}");
    let ended = async || {
        cast.stack.sweep().await?;
        let shown = cast.ann.shows(&id).await;
        Ok((shown.text("/status") == "ended").then_some(shown.body))
    };
    let ended = cast.stack.eventually("it to end", ended).await.unwrap();
    let events = "asked approved activating activated minting minting ended";
    assert_eq!(timeline(&ended), events);
    assert!(!ended.to_string().contains(&first[1]), "a secret is on record");
    let logs = cast.stack.function_logs().await.unwrap();
    assert!(!logs.contains(&first[1]) && !logs.contains(&first[2]), "law 21");
}

#[tokio::test]
async fn a_revoked_session_dies_at_once_while_somebody_elses_of_the_same_role_lives() {
    let cast = Cast::new();
    let anns = opens(&cast, &cast.ann, "orders-by-session", "1h").await;
    let carols = opens(&cast, &cast.carol, "orders-by-session", "1h").await;
    let (hers, other) =
        (credentials(&cast.ann, &anns).await, credentials(&cast.carol, &carols).await);
    assert!(can_read_with(&cast, &hers, "orders").await);
    revokes(&cast.bob, &anns).await;
    let revoked = cast.becomes(&anns, "revoked").await;
    assert!(!can_read_with(&cast, &hers, "orders").await, "law 17");
    assert!(can_read_with(&cast, &other, "orders").await, "law 6");
    let barred_until = revoked.pointer("/timeline/6/event/barred_until").and_then(Value::as_str);
    assert!(barred_until.is_some(), "{revoked:#}");
    let path = format!("/requests/{anns}/credentials");
    let again = cast.ann.calls(Method::POST, &path, json!({})).await;
    assert_eq!(again.problem(), "409 settled");
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let put = iam.list_role_policies().role_name("orders-reader").send().await.unwrap();
    let bars: Vec<_> = put.policy_names().iter().filter(|name| name.contains("bar")).collect();
    assert_eq!(bars.len(), 1, "one policy carries all of them: {bars:?}");
    let read = iam.get_role_policy().role_name("orders-reader").policy_name(bars[0]);
    let document = read.send().await.unwrap().policy_document;
    assert!(document.contains(&anns) && !document.contains(&carols), "{document}");
}

#[tokio::test]
async fn a_role_of_another_account_is_assumed_with_its_external_id_and_for_a_quarter_of_an_hour() {
    let cast = Cast::new();
    let id = opens(&cast, &cast.ann, "orders-elsewhere", "1h").await;
    let path = format!("/requests/{id}/credentials");
    let given = cast.ann.calls(Method::POST, &path, json!({})).await;
    assert_eq!(given.status, 201, "{given:?}");
    let left = aws::clock::now().duration_until(given.text("/expires_at").parse().unwrap());
    assert!((14..=15).contains(&left.as_mins()), "{left}");
    let keys = ["/access_key_id", "/secret_access_key", "/session_token"].map(|at| given.text(at));
    let sts = aws_sdk_sts::Client::new(&cast.stack.sdk_with(keys).await);
    let who = sts.get_caller_identity().send().await.unwrap();
    let arn = format!("arn:aws:sts::111111111111:assumed-role/orders-reader/pc-{id}");
    assert_eq!(who.arn(), Some(arn.as_str()));
}

#[tokio::test]
async fn a_role_whose_trust_lacks_something_says_what_and_the_attempt_is_on_record() {
    let cast = Cast::new();
    let root = cast.stack.root().await;
    let trusting = |actions: &[&str]| {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Action": actions,
                "Principal": { "AWS": cast.stack.output("SessionRole").unwrap() },
            }],
        })
    };
    let iam = aws_sdk_iam::Client::new(&root);
    let id = opens(&cast, &cast.ann, "orders-untagged", "1h").await;
    for (actions, why) in [
        (
            &["sts:AssumeRole"][..],
            "its trust policy has no statement that lets us tag this session",
        ),
        (&["sts:TagSession"][..], "it does not trust this deployment, or does not exist"),
    ] {
        let trust = trusting(actions).to_string();
        let change = iam.update_assume_role_policy().role_name("orders-untagged");
        change.policy_document(trust).send().await.unwrap();
        let words = ["credentials", id.as_str()];
        let refused = cast.stack.portcullis(Some(cast.ann.someone), &words).await.unwrap();
        assert!(!refused.ok && refused.err.contains(why), "{refused:?}");
    }
    let shown = cast.ann.shows(&id).await.body;
    assert_eq!(timeline(&shown), "asked approved activating activated minting minting");
}

#[tokio::test]
async fn what_iam_has_no_room_for_or_does_not_know_is_refused_when_it_is_asked() {
    let cast = Cast::new();
    let nobody = cast.ann.asks("orders-for-nobody", "1h").await;
    assert_eq!(nobody.problem(), "409 no-principal", "{nobody:?}");
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let user = &cast.ann.someone.user;
    let large = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Action": "s3:GetObject",
            "Resource": format!("arn:aws:s3:::{}", "x".repeat(1_600)),
        }],
    });
    let put = iam.put_user_policy().user_name(user).policy_name("large");
    put.policy_document(large.to_string()).send().await.unwrap();
    let full = cast.ann.asks("orders-read", "1h").await;
    assert_eq!(full.problem(), "409 no-room", "{full:?}");
    assert!(full.text("/detail").contains("give something back"), "{full:?}");
    assert_eq!(cast.ann.list().await, Vec::<String>::new());
    iam.delete_user_policy().user_name(user).policy_name("large").send().await.unwrap();
    cast.ann_asks("orders-read", "1h").await;
}

/// The role exists, and the deployment may not touch it. AWS refuses twice, a minute apart.
#[tokio::test]
async fn what_the_deployment_may_not_give_fails_with_a_mail_and_does_not_stay_open() {
    let cast = Cast::new();
    let iam = aws_sdk_iam::Client::new(&cast.stack.root().await);
    let role = cast.entitlement("beyond");
    let trust = json!({ "Version": "2012-10-17", "Statement": [] }).to_string();
    iam.create_role().role_name(&role).assume_role_policy_document(trust).send().await.unwrap();
    let id = cast.ann_asks("orders-out-of-reach", "1h").await;
    assert_eq!(cast.bob.decides(&id, "approve").await.status, 200);
    let mut shown = cast.ann.shows(&id).await;
    let begun = std::time::Instant::now();
    while shown.text("/status") == "activating" && begun.elapsed().as_secs() < 150 {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        shown = cast.ann.shows(&id).await;
    }
    assert_eq!(shown.text("/status"), "failed", "{shown:?}");
    assert!(shown.text("/failure").contains("this deployment may not give access"), "{shown:?}");
    assert_eq!(timeline(&shown.body), "asked approved activating failed");
    cast.stack.mail_to(cast.ann.someone, "this deployment may not give access").await.unwrap();
    let left = iam.list_role_policies().role_name(&role).send().await.unwrap();
    assert!(left.policy_names().is_empty());
}
