//! Mails to the people who answer, or might have answered.

use domain::request::{Command, Terms, Verdict};
use insta::assert_snapshot;
use service::{LinkToken, ports::Links};

use crate::world::{
    ann_asks, as_text, asked, at, envelopes, happens, id, people, person, rules, says, says_that,
    terms, told,
};

#[tokio::test]
async fn an_approver_reads_what_they_have_to_know_and_finds_one_link() {
    let story = ann_asks(&["bob"], 1).await;
    let mails = told(&story, "asked", "10:00:01").await;
    assert_snapshot!(as_text(&mails[0]), @r"
    To: bob@example.com
    Subject: Ann asks: Read the orders table

    Ann asks for access: Read the orders table.

    Who       Ann (ann@example.com)
    What      Read the orders table (orders-read)
    Allows    s3:GetObject on arn:aws:s3:::orders/*
    Where     account production (123456789012), as IAM user ann
    How long  1h, from the moment it is approved
    Why       incident 4711 <b>&amp;</b>
    Ticket    INC-4711
    Asked     2026-05-04 10:00:00 UTC (12:00:00 in Europe/Berlin)

    Look at it and decide, until 2026-05-04 14:00:00 UTC (16:00:00 in Europe/Berlin):

    https://pc.example.com/approvals/01010101010101010101.eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee

    --
    Whoever has this link can answer in your name. Do not forward this mail.
    Request 01010101010101010101
    ");
    assert_eq!(mails[0].text.matches("https://").count(), 1);
    // The link was recorded before the mail was sent, so it can be followed.
    let token = LinkToken::from_random(id(), [0xee; 32]);
    let (link, _) = story.links.follow(&token).await.unwrap().unwrap();
    assert_eq!((link.approver, link.expires_at), (person("bob"), at("14:00:00")));
    assert_eq!(link.zone.iana_name(), Some("Europe/Berlin"));
}

#[tokio::test]
async fn the_same_mail_as_a_page_shows_what_people_wrote_and_does_nothing() {
    let story = ann_asks(&["bob"], 1).await;
    let mails = told(&story, "asked", "10:00:01").await;
    assert_snapshot!(mails[0].html, @r#"
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="supported-color-schemes" content="light dark">
    <meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
    <title>Ann asks: Read the orders table</title>
    </head>
    <body style="color-scheme:light dark;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;margin:0;padding:16px;overflow-wrap:anywhere">
    <main style="margin:0 auto;max-width:560px">
    <h1 style="font-size:20px;line-height:1.3;margin:0 0 16px">Ann asks for access: Read the orders table.</h1>
    <table style="border-collapse:collapse;margin:0 0 16px">
    <tr><th scope="row" style="padding:2px 16px 2px 0;text-align:left;vertical-align:top;white-space:nowrap">Who</th><td style="padding:2px 0">Ann (ann@example.com)</td></tr>
    <tr><th scope="row" style="padding:2px 16px 2px 0;text-align:left;vertical-align:top;white-space:nowrap">What</th><td style="padding:2px 0">Read the orders table (orders-read)</td></tr>
    <tr><th scope="row" style="padding:2px 16px 2px 0;text-align:left;vertical-align:top;white-space:nowrap">Allows</th><td style="padding:2px 0">s3:GetObject on arn:aws:s3:::orders/*</td></tr>
    <tr><th scope="row" style="padding:2px 16px 2px 0;text-align:left;vertical-align:top;white-space:nowrap">Where</th><td style="padding:2px 0">account production (123456789012), as IAM user ann</td></tr>
    <tr><th scope="row" style="padding:2px 16px 2px 0;text-align:left;vertical-align:top;white-space:nowrap">How long</th><td style="padding:2px 0">1h, from the moment it is approved</td></tr>
    <tr><th scope="row" style="padding:2px 16px 2px 0;text-align:left;vertical-align:top;white-space:nowrap">Why</th><td style="padding:2px 0">incident 4711 &#60;b&#62;&#38;amp;&#60;/b&#62;</td></tr>
    <tr><th scope="row" style="padding:2px 16px 2px 0;text-align:left;vertical-align:top;white-space:nowrap">Ticket</th><td style="padding:2px 0">INC-4711</td></tr>
    <tr><th scope="row" style="padding:2px 16px 2px 0;text-align:left;vertical-align:top;white-space:nowrap">Asked</th><td style="padding:2px 0">2026-05-04 10:00:00 UTC (12:00:00 in Europe/Berlin)</td></tr>
    </table>
    <p style="margin:0 0 16px">Look at it and decide, until 2026-05-04 14:00:00 UTC (16:00:00 in Europe/Berlin):</p>
    <p style="margin:0 0 16px"><a href="https://pc.example.com/approvals/01010101010101010101.eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" style="background:#1f4fbf;border-radius:8px;color:#ffffff;display:inline-block;font-weight:600;padding:14px 24px;text-decoration:none">Look at it</a></p>
    <p style="border-top:1px solid #808890;font-size:14px;margin:24px 0 0;padding-top:8px">Whoever has this link can answer in your name. Do not forward this mail.<br>
    Request 01010101010101010101</p>
    </main>
    </body>
    </html>
    "#);
}

/// The parts of a mail that a mail program could make a link of: words with a host, a scheme or a
/// mailbox in them.
fn links(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| c.is_whitespace() || "\"<>()|;,".contains(c));
    let live = |word: &&str| {
        word.contains("://")
            || word.contains("evil.")
            || word.contains("www.")
            || (word.contains('@') && !word.ends_with("@example.com") && !word.contains("[@]"))
    };
    words.filter(live).collect()
}

#[tokio::test]
async fn nothing_that_anybody_wrote_is_a_link_in_any_mail() {
    let trap = "see https://evil.example/x,evil.com|www.evil.com\u{a0}x@evil.com";
    let mut trapped = terms(people(&["bob", "carol"], 2));
    trapped.title = "evil.com (www.evil.com)".to_owned();
    trapped.reason = trap.parse().unwrap();
    trapped.ticket = Some("https://evil.example/approve".parse().unwrap());
    let mut story = asked(trapped).await;
    let mut sources = rules().sources().clone();
    let called = sources.get("people.toml").unwrap().replace("\"Ann\"", "\"evil.com\"");
    sources.set("people.toml", called);
    story.rules = testing::World::with_rules(sources.check().unwrap());
    let mut mails = told(&story, "asked", "10:00:01").await;
    assert_eq!(mails[0].subject, "evil[.]com asks: evil[.]com (www[.]evil[.]com)");
    let ticket = "Ticket    https[:]//evil[.]example/approve\n";
    assert!(mails[0].text.contains(ticket), "{}", mails[0].text);
    says_that(&story, "bob", Verdict::Approve, trap).await;
    mails.extend(told(&story, "approved", "10:05:01").await);
    says_that(&story, "carol", Verdict::Deny, trap).await;
    mails.extend(told(&story, "denied", "10:05:02").await);
    assert_eq!(mails.len(), 6);
    for mail in mails {
        let asks = ["bob@example.com", "carol@example.com"].contains(&mail.to.as_str())
            && mail.subject.contains("asks");
        assert_eq!(links(&mail.subject), Vec::<&str>::new());
        for part in [&mail.text, &mail.html] {
            let links = links(part);
            assert_eq!(links.len(), usize::from(asks), "{links:?} in {part}");
            assert!(links.iter().all(|link| link.contains("https://pc.example.com/")));
        }
    }
}

#[tokio::test]
async fn who_has_to_sign_in_is_told_so_before_they_follow_the_link() {
    let story = asked(Terms { sign_in: true, ..terms(people(&["carol"], 1)) }).await;
    let mails = told(&story, "asked", "10:00:01").await;
    assert!(mails[0].text.contains("You will be asked to sign in"), "{}", mails[0].text);
    assert!(mails[0].text.contains("(23:00:00 in Asia/Tokyo)"), "{}", mails[0].text);
}

#[tokio::test]
async fn what_stays_when_access_ends_is_said_to_those_who_decide() {
    let lasting = Some("robots need a key of evil.com".to_owned());
    let story = asked(Terms { lasting, ..terms(people(&["carol"], 1)) }).await;
    let mails = told(&story, "asked", "10:00:01").await;
    let says = "Stays     what is made with it stays when access ends: robots need a key of evil";
    assert!(mails[0].text.contains(says), "{}", mails[0].text);
    assert!(!mails[0].text.contains("evil.com"), "{}", mails[0].text);
}

#[tokio::test]
async fn while_nobody_decides_the_silent_are_asked_again_and_then_others_hear_of_it() {
    let story = ann_asks(&["bob", "carol", "erin"], 2).await;
    let mails = told(&story, "asked", "10:00:01").await;
    assert_eq!(
        envelopes(&mails),
        [
            "bob@example.com: Ann asks: Read the orders table",
            "carol@example.com: Ann asks: Read the orders table",
            "ann@example.com: Your request was passed on: Read the orders table",
        ],
        "Erin is kept for later"
    );
    says(&story, "bob", Verdict::Approve, "11:00:00").await;
    happens(&story, Command::Tick, "12:00:00").await;
    let mails = told(&story, "reminded", "12:00:01").await;
    assert_eq!(
        envelopes(&mails),
        ["carol@example.com: Ann is still waiting: Read the orders table"]
    );
    assert_snapshot!(as_text(&mails[0]), @r"
    To: carol@example.com
    Subject: Ann is still waiting: Read the orders table

    Ann is still waiting for an answer: Read the orders table.

    Who       Ann (ann@example.com)
    What      Read the orders table (orders-read)
    Allows    s3:GetObject on arn:aws:s3:::orders/*
    Where     account production (123456789012), as IAM user ann
    How long  1h, from the moment it is approved
    Why       incident 4711 <b>&amp;</b>
    Ticket    INC-4711
    Asked     2026-05-04 10:00:00 UTC (19:00:00 in Asia/Tokyo)

    Bob (bob@example.com) said yes:

        bob has <i>looked</i> at it

    Look at it and decide, until 2026-05-04 14:00:00 UTC (23:00:00 in Asia/Tokyo):

    https://pc.example.com/approvals/01010101010101010101.eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee

    --
    Whoever has this link can answer in your name. Do not forward this mail.
    Request 01010101010101010101
    ");
    happens(&story, Command::Tick, "13:00:00").await;
    let mails = told(&story, "escalated", "13:00:01").await;
    assert_eq!(
        envelopes(&mails),
        [
            "erin@example.com: Ann needs an answer from you: Read the orders table",
            "ann@example.com: Still waiting for an answer: Read the orders table",
        ]
    );
    assert!(mails[0].text.contains("https://") && !mails[1].text.contains("https://"));
}

#[tokio::test]
async fn who_has_answered_hears_of_no_escalation() {
    let story = ann_asks(&["bob", "erin"], 2).await;
    says(&story, "erin", Verdict::Approve, "11:00:00").await;
    happens(&story, Command::Tick, "13:00:00").await;
    let mails = told(&story, "escalated", "13:00:01").await;
    assert_eq!(
        envelopes(&mails),
        ["ann@example.com: Still waiting for an answer: Read the orders table"]
    );
}

#[tokio::test]
async fn who_may_not_decide_hears_of_it_without_a_link() {
    let story = ann_asks(&["bob"], 1).await;
    happens(&story, Command::Tick, "13:00:00").await;
    let mails = told(&story, "escalated", "13:00:01").await;
    assert_snapshot!(as_text(&mails[0]), @r"
    To: erin@example.com
    Subject: Ann is still waiting: Read the orders table

    Ann asks for access, and it is not decided yet: Read the orders table.

    Who       Ann (ann@example.com)
    What      Read the orders table (orders-read)
    Allows    s3:GetObject on arn:aws:s3:::orders/*
    Where     account production (123456789012), as IAM user ann
    How long  1h, from the moment it is approved
    Why       incident 4711 <b>&amp;</b>
    Ticket    INC-4711
    Asked     2026-05-04 10:00:00 UTC (12:00:00 in Europe/Berlin)

    Bob (bob@example.com) can decide, until 2026-05-04 14:00:00 UTC (16:00:00 in Europe/Berlin). You cannot, but you may want to call them.

    --
    Request 01010101010101010101
    ");
}

#[tokio::test]
async fn a_late_delivery_asks_nobody_for_a_decision_that_was_made() {
    let story = ann_asks(&["bob", "carol"], 1).await;
    happens(&story, Command::Tick, "13:00:00").await;
    says(&story, "bob", Verdict::Deny, "13:05:00").await;
    for kind in ["asked", "reminded", "escalated"] {
        assert!(told(&story, kind, "13:06:00").await.is_empty(), "{kind}");
    }
    let overdue = ann_asks(&["bob"], 1).await;
    assert!(told(&overdue, "asked", "14:00:00").await.is_empty());
}
