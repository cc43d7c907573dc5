//! The right to decide, and races between decisions.

use futures_util::future;
use http::Method;
use serde_json::json;

use crate::{
    company::{BY_MANY, CROWD, one_of_many},
    world::{Cast, Person, timeline},
};

#[tokio::test]
async fn nobody_decides_their_own_request_and_outsiders_do_not_see_it() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    assert_eq!(cast.ann.decides(&id, "approve").await.problem(), "403 own-request");
    assert_eq!(cast.eve.decides(&id, "approve").await.problem(), "404 not-found");
    assert_eq!(cast.eve.shows(&id).await.problem(), "404 not-found");
    // Ann got no mail that asks her to decide. This is certain only after Bob got his.
    cast.bob.link(&id).await;
    assert!(!cast.ann.subjects().await.iter().any(|s| s.contains("asks:")));
    let shown = cast.ann.shows(&id).await;
    assert_eq!((shown.text("/status"), timeline(&shown.body).as_str()), ("pending", "asked"));
    assert_eq!(cast.ann.policies().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_second_answer_is_told_of_the_first_and_changes_nothing() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-by-two", "1h").await;
    assert_eq!(cast.bob.decides(&id, "approve").await.status, 200);
    assert_eq!(cast.bob.decides(&id, "deny").await.problem(), "409 already-answered");
    let page = cast.answers_by_mail_again(&id).await;
    assert!(page.contains("said <strong>yes</strong>"), "{page}");
    let shown = cast.ann.shows(&id).await;
    assert_eq!(timeline(&shown.body), "asked approved");
    assert_eq!(shown.text("/status"), "pending", "one of two is not enough");
}

#[tokio::test]
async fn two_people_make_a_quorum_of_two() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-by-two", "1h").await;
    cast.answers_by_mail(&cast.bob, &id, "approve").await;
    assert!(!cast.ann.can_read("orders").await);
    cast.answers_by_mail(&cast.carol, &id, "approve").await;
    let active = cast.becomes(&id, "active").await;
    assert_eq!(timeline(&active), "asked approved approved activating activated");
    assert!(cast.ann.can_read("orders").await);
}

#[tokio::test]
async fn of_a_yes_and_a_no_at_the_same_moment_one_wins() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    let (yes, no) = (cast.bob.decides(&id, "approve"), cast.carol.decides(&id, "deny"));
    let (yes, no) = future::join(Box::pin(yes), Box::pin(no)).await;
    let mut statuses = [yes.status, no.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{yes:?}\n{no:?}");
    let shown = cast.ann.shows(&id).await;
    let decisions = shown.body["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 1);
    if no.status == 200 {
        assert_eq!(timeline(&shown.body), "asked denied");
        assert_eq!(cast.ann.policies().await, Vec::<String>::new());
    } else {
        cast.becomes(&id, "active").await;
    }
}

#[tokio::test]
async fn after_a_no_or_a_cancellation_a_yes_comes_too_late() {
    let cast = Cast::new();
    let denied = cast.ann_asks("orders-read", "1h").await;
    assert_eq!(cast.carol.decides(&denied, "deny").await.status, 200);
    assert_eq!(cast.bob.decides(&denied, "approve").await.problem(), "409 settled");

    let cancelled = cast.ann_asks("orders-read", "1h").await;
    let cancel = format!("/requests/{cancelled}/cancel");
    assert_eq!(cast.bob.calls(Method::POST, &cancel, json!({})).await.problem(), "403 not-yours");
    assert_eq!(cast.ann.calls(Method::POST, &cancel, json!({})).await.status, 200);
    assert_eq!(cast.ann.calls(Method::POST, &cancel, json!({})).await.problem(), "409 settled");
    assert_eq!(cast.bob.decides(&cancelled, "approve").await.problem(), "409 settled");

    assert_eq!(timeline(&cast.ann.shows(&denied).await.body), "asked denied");
    assert_eq!(timeline(&cast.ann.shows(&cancelled).await.body), "asked cancelled");
    assert_eq!(cast.ann.policies().await, Vec::<String>::new());
}

#[tokio::test]
async fn after_the_deadline_nobody_decides_and_the_request_expires() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-in-a-hurry", "1h").await;
    let shown = cast.ann.shows(&id).await;
    let decide_by = shown.text("/decide_by").parse().unwrap();
    let left = aws::clock::now().duration_until(decide_by);
    tokio::time::sleep(left.try_into().unwrap_or_default()).await;

    // The minute job may or may not have run in this very moment.
    let late = cast.bob.decides(&id, "approve").await.problem();
    assert!(["409 too-late", "409 settled"].contains(&late.as_str()), "{late}");
    cast.stack.sweep().await.unwrap();
    let expired = cast.becomes(&id, "expired").await;
    assert!(["asked expired", "asked reminded expired"].contains(&timeline(&expired).as_str()));
    assert_eq!(cast.bob.decides(&id, "approve").await.problem(), "409 settled");
    assert_eq!(cast.ann.policies().await, Vec::<String>::new());
}

#[tokio::test]
async fn trying_twice_with_one_key_asks_once() {
    let cast = Cast::new();
    let body = |reason: &str| {
        json!({
            "entitlement": cast.entitlement("orders-read"),
            "duration": "1h",
            "reason": reason,
        })
        .to_string()
        .into_bytes()
    };
    let ask = async |reason| {
        cast.ann.sends(Method::POST, "/requests", body(reason), Some("my-key")).await
    };
    let first = ask("incident 4711").await;
    let again = ask("incident 4711").await;
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.text("/id"), again.text("/id"));
    assert_eq!(ask("another").await.problem(), "409 key-reused");
    assert_eq!(cast.ann.list().await, ["pending"]);

    // Five calls at once, as from a client that gives up too early and tries again.
    let five = future::join_all((0..5).map(|_| {
        Box::pin(cast.ann.sends(Method::POST, "/requests", body("at once"), Some("another-key")))
    }));
    let mut statuses: Vec<_> = five.await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 201]);
    assert_eq!(cast.ann.list().await, ["pending", "pending"]);

    // The key of another person is another key, even with the same text: Eve's call is judged by
    // itself.
    let eve =
        cast.eve.sends(Method::POST, "/requests", body("incident 4711"), Some("my-key")).await;
    assert_eq!(eve.problem(), "403 denied-by-rule");

    for key in ["", &"k".repeat(65), "a b"] {
        let wrong = cast.ann.sends(Method::POST, "/requests", body("x"), Some(key)).await;
        assert_eq!(wrong.problem(), "422 out-of-bounds", "{key}");
    }
}

impl Cast {
    /// Bob opens his link once more and sends the form he had open before.
    async fn answers_by_mail_again(&self, id: &str) -> String {
        let (browser, link) = (self.browser(), self.bob.link(id).await);
        let page = browser.open(&link).await.unwrap();
        assert!(!page.has_form(), "the page offers what was done already");
        let digest = self.ann.shows(id).await.text("/grant/digest").to_owned();
        let fields = [
            ("verdict", "deny"),
            ("reason", "changed my mind"),
            ("digest", &digest),
            ("version", "1"),
        ];
        let refused = browser.post(&link, &fields, "same-origin").await.unwrap();
        assert_eq!(refused.status, 409, "{}", refused.html);
        refused.html
    }
}

#[tokio::test]
async fn of_fifty_yeses_at_once_two_count_and_it_opens_once() {
    let cast = Cast::new();
    let body = json!({ "entitlement": BY_MANY, "duration": "1h", "reason": "everybody is here" });
    let asked = cast.ann.calls(Method::POST, "/requests", body).await;
    assert_eq!(asked.status, 201, "{asked:?}");
    let id = asked.text("/id");
    let mut links = Vec::new();
    for one in 0..CROWD {
        links.push(cast.link_of(&one_of_many(one), id).await);
    }
    let browser = cast.browser();
    let form = browser.open(&links[0]).await.unwrap();
    let answers = links.iter().map(|link| browser.answer(link, &form, "approve", "me too"));
    let pages: Vec<_> = future::join_all(answers).await.into_iter().map(Result::unwrap).collect();
    let recorded = pages.iter().filter(|page| page.html.contains("Your yes is recorded")).count();
    assert_eq!(recorded, 2);
    let others = pages.iter().filter(|page| page.status == 409);
    assert_eq!(others.filter(|page| page.html.contains("Your answer was not taken")).count(), 48);
    let active = cast.becomes(id, "active").await;
    assert_eq!(timeline(&active), "asked approved approved activating activated");
    let decisions = active["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 2);
    assert_ne!(decisions[0]["by"], decisions[1]["by"]);
    assert_eq!(cast.ann.policies().await.len(), 1);
}

#[tokio::test]
async fn signed_in_approvers_answer_at_the_terminal_and_the_record_says_so() {
    let cast = Cast::new();
    let says = async |who: &Person, args: &[&str]| {
        cast.stack.portcullis(Some(who.someone), args).await.unwrap()
    };
    let id = cast.ann_asks("orders-signed-in", "1h").await;
    let blind = says(&cast.bob, &["approve", &id, "--reason", "sure"]).await;
    assert!(!blind.ok && blind.err.contains(&format!("portcullis show {id}")), "{blind:?}");
    let own = says(&cast.ann, &["approve", &id, "--reason", "sure", "--yes"]).await;
    assert!(!own.ok && own.err.contains("cannot decide your own request"), "{own:?}");
    assert_eq!(timeline(&cast.ann.shows(&id).await.body), "asked");
    let yes = says(&cast.bob, &["approve", &id, "--reason", "seen the incident", "--yes"]).await;
    assert!(yes.ok && yes.out.contains("seen the incident"), "{yes:?}");
    let active = cast.becomes(&id, "active").await;
    assert_eq!(active["timeline"][1]["event"]["channel"], "api");

    let other = cast.ann_asks("orders-read", "1h").await;
    says(&cast.carol, &["deny", &other, "--reason", "not today", "--yes"]).await.worked().unwrap();
    let denied = cast.becomes(&other, "denied").await;
    assert_eq!(denied["decisions"][0]["reason"], "not today");
}
