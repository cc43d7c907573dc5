//! Ann asks; Bob and Carol decide; Dave and Erin hear of it.

use domain::{
    grant::{Grant, PolicyDocument, Principal},
    request::{
        Approval, Channel, Command, Nudge, Outstanding, Request, Shown, Statement, Step, Steps,
        Terms, Verdict,
    },
    value::{Basis, CallContext, Digest, Person, RequestId},
};
use jiff::Timestamp;
use notify::{EventRef, Notify};
use rules::source::{RuleSet, Sources};
use service::{
    Fault, execute,
    ports::{Mail, Store},
};
use testing::World;

pub(crate) type Story = Notify<World, World, World, World>;

pub(crate) fn at(time: &str) -> Timestamp {
    format!("2026-05-04T{time}Z").parse().unwrap()
}

pub(crate) fn person(name: &str) -> Person {
    format!("{name}@example.com").parse().unwrap()
}

/// Rules whose directory has all people but Frank. Carol works in another time zone.
pub(crate) fn rules() -> RuleSet {
    let person = |name: &str| {
        let called = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        format!("[[person]]\nmail = \"{name}@example.com\"\nname = \"{called}\"\n")
    };
    let people = ["ann", "bob", "carol", "dave", "erin"].map(person).concat();
    let people = people.replace("\"Carol\"", "\"Carol\"\ntimezone = \"Asia/Tokyo\"");
    Sources::from_iter([
        ("people.toml", people.as_str()),
        ("entitlements.toml", "timezone = \"Europe/Berlin\""),
    ])
    .check()
    .unwrap()
}

/// A request of Ann that these people have to approve within four hours. They are reminded after
/// two, and after three it is escalated to Erin.
pub(crate) async fn ann_asks(approvers: &[&str], quorum: usize) -> Story {
    opened(people(approvers, quorum), None).await
}

pub(crate) fn people(approvers: &[&str], quorum: usize) -> Approval {
    let approvers = approvers.iter().map(|name| person(name)).collect();
    Approval::People {
        steps: Steps(vec![Step { name: "owner".to_owned(), approvers, quorum }]),
        decide_by: at("14:00:00"),
        nudges: vec![
            Nudge::Reminder { at: at("12:00:00") },
            Nudge::Escalation { at: at("13:00:00"), to: [person("erin")].into() },
        ],
    }
}

pub(crate) async fn ann_breaks_glass() -> Story {
    let reviewers = ["bob", "carol"].map(person).into();
    let informed = [person("dave")].into();
    opened(Approval::BreakGlass { reviewers, informed, review_by: at("12:00:00") }, None).await
}

fn call() -> CallContext {
    CallContext { at: at("10:00:00"), source_ip: None, mfa: false }
}

fn basis() -> Basis {
    Basis { rule_set: Digest::ZERO, rule_ids: [].into() }
}

pub(crate) fn terms(approval: Approval) -> Terms {
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}]}"#;
    Terms {
        entitlement: "orders-read".parse().unwrap(),
        title: "Read the orders table".to_owned(),
        requester: person("ann"),
        reason: "incident 4711 <b>&amp;</b>".parse().unwrap(),
        duration: "1h".parse().unwrap(),
        tags: [].into(),
        ticket: Some("INC-4711".parse().unwrap()),
        starts_at: None,
        extends: None,
        approval,
        sign_in: false,
        lasting: None,
        call: call(),
        basis: basis(),
        unique_id: None,
        grant: Grant::InlinePolicy {
            on: Principal::User("ann".parse().unwrap()),
            policy: PolicyDocument::from_json(policy).unwrap(),
        },
    }
}

pub(crate) async fn opened(approval: Approval, starts_at: Option<Timestamp>) -> Story {
    asked(Terms { starts_at, ..terms(approval) }).await
}

pub(crate) async fn asked(terms: Terms) -> Story {
    let (person, now) = (terms.requester.clone(), at("10:00:00"));
    let outstanding = Outstanding::nothing(person).with(&id(), &terms, now).unwrap();
    let (request, entries) = Request::open(&id(), terms, now).unwrap();
    let store = World::default();
    store.create(&request, &entries, None, &outstanding).await.unwrap();
    // A link is followed together with its request.
    let links = World::default();
    links.create(&request, &entries, None, &outstanding).await.unwrap();
    Notify {
        store,
        links,
        mailer: World::default(),
        rules: World::with_rules(rules()),
        base_url: "https://pc.example.com".to_owned(),
        account: "production (123456789012)".to_owned(),
    }
}

pub(crate) fn id() -> RequestId {
    RequestId::from_random([1; 10])
}

/// A person answers through the API.
pub(crate) async fn says(story: &Story, name: &str, verdict: Verdict, now: &str) {
    let reason = format!("{name} has <i>looked</i> at it");
    answers(story, name, (verdict, &reason, Channel::Api), now).await;
}

/// A person's link is used, from a known address.
pub(crate) async fn link_says(story: &Story, name: &str, verdict: Verdict) {
    answers(story, name, (verdict, "looks fine to me", Channel::Link), "10:05:00").await;
}

/// A person answers in these words.
pub(crate) async fn says_that(story: &Story, name: &str, verdict: Verdict, reason: &str) {
    answers(story, name, (verdict, reason, Channel::Api), "10:05:00").await;
}

async fn answers(
    story: &Story,
    name: &str,
    (verdict, reason, channel): (Verdict, &str, Channel),
    now: &str,
) {
    let request = story.store.load(&id()).await.unwrap().unwrap();
    let shown = Shown { digest: request.terms().grant.digest(), version: 1 };
    let reason = reason.parse().unwrap();
    let source_ip = Some("203.0.113.7".parse().unwrap());
    let (by, basis) = (person(name), basis());
    let call = CallContext { at: at(now), source_ip, mfa: false };
    let answer = Statement { by, reason, channel, call, basis };
    happens(story, Command::Decide { verdict, answer, shown }, now).await;
}

/// A person ends the access early.
pub(crate) async fn revokes(story: &Story, name: &str) {
    let reason = "the incident is over".parse().unwrap();
    let (by, channel, call, basis) = (person(name), Channel::Api, call(), basis());
    let order = Command::Revoke(Statement { by, reason, channel, call, basis });
    happens(story, order, "10:30:00").await;
}

/// Executes a command on the request.
pub(crate) async fn happens(story: &Story, command: Command, now: &str) {
    execute(&story.store, &id(), command, at(now)).await.unwrap();
}

/// Delivers the last event of this kind, and returns the mails that follow.
pub(crate) async fn told(story: &Story, kind: &str, now: &str) -> Vec<Mail> {
    let before = story.mailer.mails().len();
    let told = EventRef { request: Some(id()), seq: seq_of(story, kind).await };
    story.handle(told, at(now), || Ok::<_, Fault>([0xee; 32])).await.unwrap();
    story.mailer.mails().split_off(before)
}

pub(crate) async fn seq_of(story: &Story, kind: &str) -> u64 {
    let (_, history) = story.store.history(&id()).await.unwrap().unwrap();
    let last = history.iter().rfind(|entry| entry.event.kind() == kind);
    last.unwrap_or_else(|| unreachable!("nothing was {kind}")).seq
}

/// One mail as text.
pub(crate) fn as_text(mail: &Mail) -> String {
    format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text)
}

/// The address and the subject of each mail, as a line each.
pub(crate) fn envelopes(mails: &[Mail]) -> Vec<String> {
    mails.iter().map(|mail| format!("{}: {}", mail.to, mail.subject)).collect()
}
