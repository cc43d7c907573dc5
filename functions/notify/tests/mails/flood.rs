//! Many requests of one person at once.

use domain::{
    request::{Command, CountedRequest, Outstanding, Request, Terms},
    value::{Person, RequestId},
};
use notify::EventRef;
use service::{
    Fault,
    ports::{Mail, Store},
};

use crate::world::{Story, ann_asks, as_text, at, envelopes, people, person, terms};

fn id(number: u8) -> RequestId {
    RequestId::from_random([number; 10])
}

/// Makes these requests in this person's name, one after the other. Bob has to decide.
async fn asks(story: &Story, name: &str, numbers: std::ops::RangeInclusive<u8>) {
    let who: Person = person(name);
    for number in numbers {
        let requester = who.clone();
        let terms = Terms { requester, ..terms(people(&["bob"], 1)) };
        let now = at(&format!("10:{number:02}:00"));
        let outstanding = story.store.outstanding(&who).await.unwrap();
        let counted =
            CountedRequest { request: id(number), entitlement: terms.entitlement.clone() };
        let outstanding = Outstanding {
            version: outstanding.version + 1,
            requests: outstanding.requests.into_iter().chain([counted]).collect(),
            ..outstanding
        };
        let (request, entries) = Request::open(&id(number), terms, now).unwrap();
        story.store.create(&request, &entries, None, &outstanding).await.unwrap();
        tells(story, number, "asked", now).await;
    }
}

async fn tells(story: &Story, number: u8, kind: &str, now: jiff::Timestamp) {
    let (_, history) = story.store.history(&id(number)).await.unwrap().unwrap();
    let entry = history.iter().rfind(|entry| entry.event.kind() == kind).unwrap();
    let told = EventRef { request: Some(id(number)), seq: entry.seq };
    story.handle(told, now, || Ok::<_, Fault>([number; 32])).await.unwrap();
}

fn to_bob(story: &Story) -> Vec<Mail> {
    let mails = story.mailer.mails().into_iter();
    mails.filter(|mail| mail.to == person("bob")).collect()
}

#[tokio::test]
async fn an_approver_hears_of_a_flood_of_one_person_in_few_mails_and_of_everybody_else_as_ever() {
    let story = ann_asks(&["carol"], 1).await;
    asks(&story, "dave", 2..=14).await;
    let mails = to_bob(&story);
    let each = "bob@example.com: Dave asks: Read the orders table";
    let several = |count: usize| format!("bob@example.com: Dave waits for {count} more answers");
    let mut expected = vec![each.to_owned(); 5];
    expected.extend([1, 2, 4, 8].map(several));
    assert_eq!(envelopes(&mails), expected);
    let last = as_text(mails.last().unwrap());
    assert_eq!(last.matches("https://pc.example.com/approvals/").count(), 8, "{last}");
    assert!(last.contains("these links can answer in your name"), "{last}");
    assert!(last.contains("Read the orders table, until "), "{last}");
    assert!(last.contains("\n    incident 4711"), "in words of her own: {last}");
    // Carol's request is not hidden behind them.
    let before = to_bob(&story).len();
    asks(&story, "carol", 20..=20).await;
    let hers = to_bob(&story).split_off(before);
    assert_eq!(envelopes(&hers), ["bob@example.com: Carol asks: Read the orders table"]);
}

#[tokio::test]
async fn the_links_of_a_mail_about_several_lead_each_to_its_own_request() {
    let story = ann_asks(&["carol"], 1).await;
    asks(&story, "dave", 2..=8).await;
    let text = to_bob(&story).pop().unwrap().text;
    let links = text.lines().filter_map(|line| line.rsplit_once("/approvals/"));
    let links: Vec<_> = links.map(|(_, token)| token.to_owned()).collect();
    assert_eq!(links.len(), 2);
    for (token, number) in links.iter().zip([7, 8]) {
        assert!(token.starts_with(id(number).as_str()), "{token}");
    }
}

#[tokio::test]
async fn what_no_mail_was_about_is_told_half_way_at_the_latest() {
    let story = ann_asks(&["carol"], 1).await;
    asks(&story, "dave", 2..=9).await;
    let mails = to_bob(&story);
    assert!(!mails.iter().any(|mail| mail.text.contains(id(9).as_str())), "the third on top waits");
    let before = mails.len();
    for number in [9, 8] {
        let now = at("12:30:00");
        service::execute(&story.store, &id(number), Command::Tick, now).await.unwrap();
        tells(&story, number, "reminded", now).await;
    }
    let late = to_bob(&story).split_off(before);
    let several = "bob@example.com: Dave waits for 3 more answers";
    assert_eq!(envelopes(&late), [several], "one mail is about all of them");
    assert!(late[0].text.contains(id(9).as_str()), "{}", late[0].text);
}
