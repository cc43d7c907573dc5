//! The mails, whole, as people read them.

#![expect(clippy::unwrap_used, reason = "tests")]

use domain::{
    Answer, Approval, Ask, Basis, Channel, Command, Digest, Grant, Person, PolicyDocument, Request,
    RequestId, Shown, Situation, Step, Steps, Verdict,
};
use insta::assert_snapshot;
use jiff::Timestamp;
use notify::{Notify, Told};
use service::{
    Fault, LinkToken,
    memory::World,
    order,
    ports::{Links, Mail, Mailer, Store},
};

fn at(time: &str) -> Timestamp {
    format!("2026-05-04T{time}Z").parse().unwrap()
}

fn person(name: &str) -> Person {
    format!("{name}@example.com").parse().unwrap()
}

async fn ann_asks() -> Notify<World, World, World> {
    ann_asks_of(&["bob"]).await
}

async fn ann_asks_of(approvers: &[&str]) -> Notify<World, World, World> {
    let approvers = approvers.iter().map(|name| person(name)).collect();
    let step = Step { name: "owner".to_owned(), approvers, quorum: 1 };
    opened(Approval::People { steps: Steps(vec![step]), decide_by: at("14:00:00") }, None).await
}

async fn ann_breaks_glass() -> Notify<World, World, World> {
    let reviewers = ["bob", "carol"].map(person).into();
    let told = [person("dave")].into();
    opened(Approval::BreakGlass { reviewers, told, review_by: at("12:00:00") }, None).await
}

fn situation() -> Situation {
    Situation { at: at("10:00:00"), source_ip: None, mfa: false }
}

fn basis() -> Basis {
    Basis { rules: Digest::ZERO, by: [].into() }
}

async fn opened(approval: Approval, starts_at: Option<Timestamp>) -> Notify<World, World, World> {
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let ask = Ask {
        entitlement: "orders-read".parse().unwrap(),
        title: "Read the orders table".to_owned(),
        requester: person("ann"),
        reason: "incident 4711".parse().unwrap(),
        duration: "1h".parse().unwrap(),
        tags: [].into(),
        ticket: Some("INC-4711".parse().unwrap()),
        starts_at,
        approval,
        situation: situation(),
        basis: basis(),
        grant: Grant::InlinePolicy {
            user: "ann".parse().unwrap(),
            policy: PolicyDocument::from_json(policy).unwrap(),
        },
    };
    let (request, entries) = Request::open(&id(), ask, at("10:00:00")).unwrap();
    let store = World::default();
    store.create(&request, &entries, None).await.unwrap();
    let (links, mailer) = (World::default(), World::default());
    Notify { store, links, mailer, base_url: "https://pc.example.com".to_owned() }
}

fn id() -> RequestId {
    RequestId::from_random([1; 10])
}

async fn bob(notify: &Notify<World, World, World>, verdict: Verdict) {
    let request = notify.store.load(&id()).await.unwrap().unwrap();
    let shown = Shown { digest: request.ask().grant.digest(), version: 1 };
    let reason = "not during the audit".parse().unwrap();
    let (by, channel, situation, basis) = (person("bob"), Channel::Link, situation(), basis());
    let answer = Answer { by, reason, channel, situation, basis };
    let decide = Command::Decide { verdict, answer, shown };
    order(&notify.store, &id(), decide, at("10:05:00")).await.unwrap();
}

async fn told(notify: &Notify<World, World, World>, what: &str, now: Timestamp) -> Vec<Mail> {
    let told = Told { request: Some(id()), r#type: what.to_owned() };
    notify.handle(told, now, || Ok::<_, Fault>([0xee; 32])).await.unwrap();
    notify.mailer.mails()
}

fn as_text(mail: &Mail) -> String {
    format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text)
}

#[tokio::test]
async fn the_approver_reads_who_what_how_long_and_why_and_finds_one_link() {
    let notify = ann_asks().await;
    let mails = told(&notify, "asked", at("10:00:01")).await;
    assert_eq!(mails.len(), 1);
    assert_snapshot!(as_text(mails.first().unwrap()), @r"
    To: bob@example.com
    Subject: ann@example.com asks: Read the orders table

    ann@example.com asks for access.

    What      Read the orders table (orders-read)
    How long  1h, from the moment it is approved
    Why       incident 4711
    Ticket    INC-4711

    Look at it and decide, until 2026-05-04 14:00:00 UTC:

    https://pc.example.com/approvals/01010101010101010101.eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee

    Whoever has this link can answer in your name. Do not forward this mail.
    Request 01010101010101010101
    ");
    // The link in the mail leads somewhere: it was recorded before it was sent.
    let token = LinkToken::from_random(id(), [0xee; 32]);
    notify.links.create(&notify.store.requests()[0], &[entry(&notify).await], None).await.unwrap();
    let (link, _) = notify.links.follow(&token).await.unwrap().unwrap();
    assert_eq!((link.approver, link.expires_at), (person("bob"), at("14:00:00")));
}

async fn entry(notify: &Notify<World, World, World>) -> domain::Entry {
    notify.store.history(&id()).await.unwrap().unwrap().1.remove(0)
}

/// A mailer that does not reach Bob.
struct NotToBob(World);

impl Mailer for NotToBob {
    async fn send(&self, mail: &Mail) -> Result<(), Fault> {
        if mail.to == person("bob") {
            return Err(Fault::new("send a mail", "Bob is not verified"));
        }
        self.0.send(mail).await
    }
}

#[tokio::test]
async fn an_approver_who_cannot_be_reached_keeps_no_other_from_hearing_of_it() {
    let Notify { store, links, mailer, base_url } = ann_asks_of(&["bob", "carol"]).await;
    let notify = Notify { store, links, mailer: NotToBob(mailer), base_url };
    let told = Told { request: Some(id()), r#type: "asked".to_owned() };
    let outcome = notify.handle(told, at("10:00:01"), || Ok::<_, Fault>([0xee; 32])).await;
    assert!(outcome.is_err(), "it is tried again");
    let reached: Vec<_> = notify.mailer.0.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(reached, [person("carol")]);
}

#[tokio::test]
async fn a_late_delivery_asks_nobody_for_a_decision_that_was_made() {
    let notify = ann_asks().await;
    bob(&notify, Verdict::Deny).await;
    assert!(told(&notify, "asked", at("10:06:00")).await.is_empty());
    let overdue = ann_asks().await;
    assert!(told(&overdue, "asked", at("14:00:00")).await.is_empty());
}

#[tokio::test]
async fn the_requester_reads_who_said_no_and_why() {
    let notify = ann_asks().await;
    bob(&notify, Verdict::Deny).await;
    let mails = told(&notify, "denied", at("10:05:01")).await;
    assert_snapshot!(as_text(mails.first().unwrap()), @r"
    To: ann@example.com
    Subject: Access was denied: Read the orders table

    bob@example.com said no:

        not during the audit

    Read the orders table (orders-read)
    Request 01010101010101010101
    ");
}

#[tokio::test]
async fn the_requester_reads_until_when_access_is_open() {
    let notify = ann_asks().await;
    bob(&notify, Verdict::Approve).await;
    order(&notify.store, &id(), Command::Opened, at("10:05:01")).await.unwrap();
    let mails = told(&notify, "activated", at("10:05:02")).await;
    assert_snapshot!(as_text(mails.first().unwrap()), @r"
    To: ann@example.com
    Subject: Access is open: Read the orders table

    You have access until 2026-05-04 11:05:00 UTC. It closes by itself.

    Read the orders table (orders-read)
    Request 01010101010101010101
    ");
}

#[tokio::test]
async fn what_concerns_nobody_sends_no_mail() {
    let notify = ann_asks().await;
    for what in ["approved", "activating", "invented", "denied", "activated"] {
        assert!(told(&notify, what, at("10:00:01")).await.is_empty(), "{what}");
    }
}

#[tokio::test]
async fn a_publication_of_rules_writes_to_nobody() {
    let notify = ann_asks().await;
    let told = Told { request: None, r#type: "published".to_owned() };
    notify.handle(told, at("10:00:01"), || Ok::<_, Fault>([0xee; 32])).await.unwrap();
    assert!(notify.mailer.mails().is_empty());
}

#[tokio::test]
async fn everybody_who_could_have_been_asked_hears_of_broken_glass_and_again_when_overdue() {
    let notify = ann_breaks_glass().await;
    let mails = told(&notify, "asked", at("10:00:01")).await;
    assert_eq!(mails.len(), 3);
    assert_snapshot!(as_text(mails.last().unwrap()), @r"
    To: dave@example.com
    Subject: ann@example.com broke glass: Read the orders table

    ann@example.com has opened access in an emergency, without being asked first:

        incident 4711

    bob@example.com, carol@example.com will review it.

    Read the orders table (orders-read)
    Request 01010101010101010101
    ");
    assert_snapshot!(as_text(mails.first().unwrap()), @r"
    To: bob@example.com
    Subject: ann@example.com broke glass: Read the orders table

    ann@example.com has opened access in an emergency, without being asked first.

    What      Read the orders table (orders-read)
    How long  1h, from 2026-05-04 10:00:00 UTC on
    Why       incident 4711
    Ticket    INC-4711

    Look at it, and say until 2026-05-04 12:00:00 UTC whether it was in order:

    https://pc.example.com/approvals/01010101010101010101.eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee

    Whoever has this link can answer in your name. Do not forward this mail.
    Request 01010101010101010101
    ");
    order(&notify.store, &id(), Command::Tick, at("12:00:00")).await.unwrap();
    let mails = told(&notify, "review_overdue", at("12:00:01")).await;
    assert_eq!(
        mails.last().unwrap().subject,
        "ann@example.com broke glass, review overdue: Read the orders table"
    );
    bob(&notify, Verdict::Deny).await;
    let mails = told(&notify, "reviewed", at("12:10:00")).await;
    assert!(mails.last().unwrap().text.starts_with("bob@example.com says it was not in order:"));
    let before = mails.len();
    assert_eq!(told(&notify, "review_overdue", at("12:20:00")).await.len(), before, "it is done");
}

#[tokio::test]
async fn the_requester_reads_when_access_will_open() {
    let notify = opened(Approval::Rule, Some(at("18:00:00"))).await;
    let mails = told(&notify, "scheduled", at("10:00:01")).await;
    assert_snapshot!(as_text(mails.first().unwrap()), @r"
    To: ann@example.com
    Subject: Access is approved: Read the orders table

    It opens by itself at 2026-05-04 18:00:00 UTC and closes at 2026-05-04 19:00:00 UTC.

    Read the orders table (orders-read)
    Request 01010101010101010101
    ");
}
