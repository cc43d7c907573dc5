//! What becomes of mails.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use domain::Verdict;
use notify::{Notify, Told};
use serde_json::{Value, json};
use service::{
    Fault, Outcome,
    memory::World,
    ports::{Deliveries, Mail, Mailer},
};

use crate::world::{Story, ann_asks, at, id, person, says, told};

/// A mailer that does not reach Bob, one way or the other.
struct NotToBob(World, Option<Outcome>);

impl Mailer for NotToBob {
    async fn send(&self, mail: &Mail) -> Result<Outcome, Fault> {
        match (mail.to == person("bob"), self.1) {
            (true, Some(outcome)) => Ok(outcome),
            (true, None) => Err(Fault::new("send a mail", "SES does not answer")),
            (false, _) => self.0.send(mail).await,
        }
    }
}

async fn without_bob(outcome: Option<Outcome>) -> Notify<World, World, NotToBob, World> {
    let Notify { store, links, mailer, rules, base_url, account } =
        ann_asks(&["bob", "carol"], 1).await;
    Notify { store, links, mailer: NotToBob(mailer, outcome), rules, base_url, account }
}

fn first() -> Told {
    Told { request: Some(id()), seq: 1 }
}

/// What is known, as `whom event outcome`.
async fn known(store: &World) -> Vec<String> {
    let known = store.deliveries(&id()).await.unwrap();
    let line = |d: &service::Delivery| format!("{} {} {}", d.to, d.occasion.event, d.outcome);
    known.iter().map(line).collect()
}

#[tokio::test]
async fn one_who_cannot_be_reached_keeps_no_other_from_hearing_of_it_nor_twice() {
    let mut story = without_bob(None).await;
    let outcome = story.handle(first(), at("10:00:01"), || Ok([0xee; 32])).await;
    assert!(outcome.is_err(), "it is tried again");
    let noted = [
        "bob@example.com asked failed",
        "carol@example.com asked accepted",
        "ann@example.com asked accepted",
    ];
    assert_eq!(known(&story.store).await, noted);
    story.mailer.1 = Some(Outcome::Accepted);
    story.handle(first(), at("10:00:05"), || Ok([0xee; 32])).await.unwrap();
    assert_eq!(story.mailer.0.mails().len(), 2, "Carol and Ann are not written to again");
    assert_eq!(known(&story.store).await.last().unwrap(), "bob@example.com asked accepted");
}

#[tokio::test]
async fn what_ses_refuses_is_on_record_and_not_tried_for_ever() {
    let mut story = without_bob(Some(Outcome::Refused)).await;
    story.handle(first(), at("10:00:01"), || Ok([0xee; 32])).await.unwrap();
    assert_eq!(known(&story.store).await.first().unwrap(), "bob@example.com asked refused");
    // Once his address is mended, telling again reaches him and nobody else.
    story.mailer.1 = Some(Outcome::Accepted);
    story.handle(first(), at("10:05:00"), || Ok([0xee; 32])).await.unwrap();
    assert_eq!(known(&story.store).await.last().unwrap(), "bob@example.com asked accepted");
    assert_eq!(story.mailer.0.mails().len(), 2);
}

#[tokio::test]
async fn who_has_left_the_directory_is_not_written_to() {
    let story = ann_asks(&["bob", "frank"], 1).await;
    let mails = told(&story, "asked", "10:00:01").await;
    assert!(mails.iter().all(|mail| mail.to != person("frank")));
    assert!(known(&story.store).await.contains(&"frank@example.com asked unknown".to_owned()));
}

async fn ses_tells(story: &Story, kind: &str, more: Value) {
    let mut detail = json!({
        "eventType": kind,
        "mail": {
            "timestamp": "2026-05-04T10:00:01.000Z",
            "destination": ["bob@example.com"],
            "tags": {
                "request": [id().as_str()],
                "seq": ["1"],
                "event": ["asked"],
                "ses:configuration-set": ["portcullis-mails"],
            },
        },
    });
    detail.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    receives(story, "aws.ses", detail).await;
}

async fn receives(story: &Story, source: &str, detail: Value) {
    let event: EventBridgeEvent<Value> = serde_json::from_value(json!({
        "version": "0", "id": "1", "detail-type": "x", "source": source, "account": "1",
        "time": "2026-05-04T10:00:02Z", "region": "us-east-1", "resources": [], "detail": detail,
    }))
    .unwrap();
    story.receive(event, at("10:00:02"), || Ok::<_, Fault>([0xee; 32])).await.unwrap();
}

#[tokio::test]
async fn what_ses_tells_of_a_mail_is_on_record_once() {
    let story = ann_asks(&["bob"], 1).await;
    let bounce = |kind: &str| json!({ "bounce": { "timestamp": "2026-05-04T10:00:02.000Z", "bounceSubType": kind } });
    ses_tells(&story, "Delivery", json!({})).await;
    ses_tells(&story, "Delivery", json!({})).await;
    ses_tells(&story, "DeliveryDelay", json!({})).await;
    ses_tells(&story, "Bounce", bounce("General")).await;
    ses_tells(&story, "Bounce", bounce("OnAccountSuppressionList")).await;
    ses_tells(&story, "Complaint", json!({})).await;
    let kept = json!({ "complaint": { "complaintSubType": "OnAccountSuppressionList" } });
    ses_tells(&story, "Complaint", kept).await;
    ses_tells(&story, "Reject", json!({})).await;
    ses_tells(&story, "Open", json!({})).await;
    assert_eq!(
        known(&story.store).await,
        ["delivered", "delayed", "bounced", "suppressed", "complained", "refused"]
            .map(|outcome| format!("bob@example.com asked {outcome}"))
    );
    assert!(story.mailer.mails().is_empty());
}

#[tokio::test]
async fn an_event_about_a_mail_of_somebody_else_changes_nothing() {
    let story = ann_asks(&["bob"], 1).await;
    let theirs = json!({
        "eventType": "Delivery",
        "mail": { "destination": ["bob@example.com"], "tags": { "request": ["theirs"] } },
    });
    receives(&story, "aws.ses", theirs).await;
    assert!(known(&story.store).await.is_empty());
}

#[tokio::test]
async fn what_concerns_nobody_sends_no_mail() {
    let story = ann_asks(&["bob"], 1).await;
    says(&story, "bob", Verdict::Approve, "10:05:00").await;
    assert!(told(&story, "activating", "10:05:01").await.is_empty());
    let published =
        json!({ "request": null, "seq": 1, "at": "2026-05-04T10:00:00Z", "type": "published" });
    receives(&story, "portcullis", published).await;
    assert!(story.mailer.mails().is_empty());
}
