//! The outcomes of mails.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use domain::request::Verdict;
use notify::{EventRef, Notify};
use serde_json::{Value, json};
use service::{
    DeliveryOutcome, Fault,
    ports::{Deliveries, Mail, Mailer},
};
use testing::World;

use crate::world::{Story, ann_asks, at, id, person, says, told};

/// A mailer that does not reach Bob: with the given outcome, or with a fault.
struct NotToBob(World, Option<DeliveryOutcome>);

impl Mailer for NotToBob {
    async fn send(&self, mail: &Mail) -> Result<DeliveryOutcome, Fault> {
        match (mail.to == person("bob"), self.1) {
            (true, Some(outcome)) => Ok(outcome),
            (true, None) => Err(Fault::new("send a mail", "SES does not answer")),
            (false, _) => self.0.send(mail).await,
        }
    }
}

async fn without_bob(outcome: Option<DeliveryOutcome>) -> Notify<World, World, NotToBob, World> {
    let Notify { store, links, mailer, rules, base_url, account } =
        ann_asks(&["bob", "carol"], 1).await;
    Notify { store, links, mailer: NotToBob(mailer, outcome), rules, base_url, account }
}

fn first() -> EventRef {
    EventRef { request: Some(id()), seq: 1 }
}

/// The recorded outcomes, as `person event outcome`.
async fn known(store: &World) -> Vec<String> {
    let known = store.deliveries(&id()).await.unwrap();
    let line = |d: &service::Delivery| format!("{} {} {}", d.to, d.mail_ref.event, d.outcome);
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
    story.mailer.1 = Some(DeliveryOutcome::Accepted);
    story.handle(first(), at("10:00:05"), || Ok([0xee; 32])).await.unwrap();
    assert_eq!(story.mailer.0.mails().len(), 2, "Carol and Ann are not written to again");
    assert_eq!(known(&story.store).await.last().unwrap(), "bob@example.com asked accepted");
}

#[tokio::test]
async fn what_ses_refuses_is_on_record_and_not_tried_for_ever() {
    let mut story = without_bob(Some(DeliveryOutcome::Refused)).await;
    story.handle(first(), at("10:00:01"), || Ok([0xee; 32])).await.unwrap();
    assert_eq!(known(&story.store).await.first().unwrap(), "bob@example.com asked refused");
    // Once his address is repaired, a second delivery of the event reaches him and nobody else.
    story.mailer.1 = Some(DeliveryOutcome::Accepted);
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

/// The recorded outcomes in order of their own time, as `outcome time`.
async fn in_order(story: &Story) -> Vec<String> {
    let mut known = story.store.deliveries(&id()).await.unwrap();
    known.sort_by_key(|delivery| (delivery.at, delivery.outcome));
    known.iter().map(|delivery| format!("{} {}", delivery.outcome, delivery.at)).collect()
}

#[tokio::test]
async fn what_happened_first_stands_first_in_whatever_order_it_is_told() {
    let at = |time: &str| format!("2026-05-04T{time}.500Z");
    let delivery = |time: &str| ("Delivery", json!({ "delivery": { "timestamp": at(time) } }));
    let bounce = |time: &str| {
        let kind =
            json!({ "bounceType": "Permanent", "bounceSubType": "General", "timestamp": at(time) });
        ("Bounce", json!({ "bounce": kind }))
    };
    let delay = ("DeliveryDelay", json!({ "deliveryDelay": { "timestamp": at("10:00:01") } }));
    let complaint = ("Complaint", json!({ "complaint": { "timestamp": at("11:00:00") } }));
    for (told, last) in [
        (vec![bounce("10:00:09"), delivery("10:00:03")], "bounced 2026-05-04T10:00:09.5Z"),
        (vec![delivery("10:00:09"), bounce("10:00:03")], "delivered 2026-05-04T10:00:09.5Z"),
        (vec![complaint, delivery("10:00:03"), delay], "complained 2026-05-04T11:00:00.5Z"),
    ] {
        let (story, count) = (ann_asks(&["bob"], 1).await, told.len());
        for (kind, more) in told {
            ses_tells(&story, kind, more).await;
        }
        let known = in_order(&story).await;
        assert_eq!((known.len(), known.last().unwrap().as_str()), (count, last));
    }
}

#[tokio::test]
async fn a_note_of_absence_is_no_bounce() {
    let passing = |recipient: Value| {
        json!({ "bounce": {
            "bounceType": "Transient",
            "bounceSubType": "General",
            "bouncedRecipients": [recipient],
            "timestamp": "2026-05-04T10:00:05.000Z",
        } })
    };
    let away = passing(json!({ "emailAddress": "bob@example.com" }));
    let report =
        json!({ "emailAddress": "bob@example.com", "action": "failed", "status": "4.4.7" });
    let failed = passing(report);
    let delivered = || json!({ "delivery": { "timestamp": "2026-05-04T10:00:03.000Z" } });

    // The out-of-office reply may be reported before the delivery.
    let story = ann_asks(&["bob"], 1).await;
    ses_tells(&story, "Bounce", away.clone()).await;
    assert!(in_order(&story).await.is_empty());
    ses_tells(&story, "Delivery", delivered()).await;
    ses_tells(&story, "Bounce", away).await;
    ses_tells(&story, "Bounce", failed.clone()).await;
    assert_eq!(in_order(&story).await, ["delivered 2026-05-04T10:00:03Z"]);

    // A server that refused the mail before any delivery means a bounce.
    let story = ann_asks(&["bob"], 1).await;
    ses_tells(&story, "Bounce", failed).await;
    assert_eq!(in_order(&story).await, ["bounced 2026-05-04T10:00:05Z"]);

    // A permanent bounce counts even after a delivery.
    let gone = json!({ "bounceType": "Permanent", "bounceSubType": "NoEmail", "timestamp": "2026-05-04T10:00:07.000Z" });
    ses_tells(&story, "Delivery", delivered()).await;
    ses_tells(&story, "Bounce", json!({ "bounce": gone })).await;
    assert_eq!(in_order(&story).await.last().unwrap(), "bounced 2026-05-04T10:00:07Z");
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
