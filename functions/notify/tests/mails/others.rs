//! Mails that ask for no answer: what was handled by others, emergencies, and receipts.

use domain::request::{Command, Verdict};
use insta::assert_snapshot;

use crate::world::{
    ann_asks, ann_breaks_glass, as_text, at, envelopes, happens, link_says, opened, people, person,
    says, told,
};

#[tokio::test]
async fn the_others_hear_that_it_is_handled_and_by_whom() {
    let story = ann_asks(&["bob", "carol"], 1).await;
    says(&story, "bob", Verdict::Approve, "10:05:00").await;
    let mails = told(&story, "approved", "10:05:01").await;
    assert_eq!(mails.len(), 1, "{:?}", envelopes(&mails));
    assert_snapshot!(as_text(&mails[0]), @r"
    To: carol@example.com
    Subject: Handled, approved by Bob: Read the orders table

    What Ann asked for was approved by Bob.

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    Bob (bob@example.com) said yes:

        bob has <i>looked</i> at it

    You need not do anything. Your link takes no answer any more.

    --
    Request 01010101010101010101
    ");

    let story = ann_asks(&["bob", "carol", "erin"], 1).await;
    says(&story, "bob", Verdict::Deny, "10:05:00").await;
    assert_eq!(
        envelopes(&told(&story, "denied", "10:05:01").await),
        [
            "carol@example.com: Handled, denied by Bob: Read the orders table",
            "ann@example.com: Access was denied: Read the orders table",
        ],
        "Erin was not asked, so she need not hear"
    );

    // Bob answered before and hears how it ended. So does Erin, who heard of the escalation.
    let story = ann_asks(&["bob", "carol"], 2).await;
    says(&story, "bob", Verdict::Approve, "10:05:00").await;
    happens(&story, Command::Tick, "13:00:00").await;
    says(&story, "carol", Verdict::Deny, "13:05:00").await;
    assert_eq!(
        envelopes(&told(&story, "denied", "13:05:01").await),
        [
            "bob@example.com: Handled, denied by Carol: Read the orders table",
            "erin@example.com: Handled, denied by Carol: Read the orders table",
            "ann@example.com: Access was denied: Read the orders table",
        ]
    );

    // A request that is taken back after its approval concerns the people who approved it.
    let story = opened(people(&["bob", "carol"], 1), Some(at("18:00:00"))).await;
    says(&story, "bob", Verdict::Approve, "10:05:00").await;
    happens(&story, Command::Cancel { by: person("ann") }, "10:10:00").await;
    assert_eq!(
        envelopes(&told(&story, "cancelled", "10:10:01").await),
        ["bob@example.com: Handled, taken back by Ann: Read the orders table"]
    );

    let story = ann_asks(&["bob", "erin"], 1).await;
    happens(&story, Command::Tick, "13:00:00").await;
    happens(&story, Command::Cancel { by: person("ann") }, "13:05:00").await;
    assert_eq!(
        envelopes(&told(&story, "cancelled", "13:05:01").await),
        [
            "bob@example.com: Handled, taken back by Ann: Read the orders table",
            "erin@example.com: Handled, taken back by Ann: Read the orders table",
        ]
    );
}

#[tokio::test]
async fn everybody_who_could_have_been_asked_hears_of_broken_glass_and_again_when_overdue() {
    let story = ann_breaks_glass().await;
    let mails = told(&story, "asked", "10:00:01").await;
    assert_eq!(mails.len(), 3);
    assert_snapshot!(as_text(&mails[0]), @r"
    To: bob@example.com
    Subject: Ann broke glass: Read the orders table

    Ann has opened access in an emergency, without being asked first: Read the orders table.

    Who       Ann (ann@example.com)
    What      Read the orders table (orders-read)
    Allows    s3:GetObject on arn:aws:s3:::orders/*
    Where     account production (123456789012), as IAM user ann
    How long  1h, from 2026-05-04 10:00:00 UTC (12:00:00 in Europe/Berlin) on
    Why       incident 4711 <b>&amp;</b>
    Ticket    INC-4711
    Asked     2026-05-04 10:00:00 UTC (12:00:00 in Europe/Berlin)

    Look at it, and say whether it was in order, until 2026-05-04 12:00:00 UTC (14:00:00 in Europe/Berlin):

    https://pc.example.com/approvals/01010101010101010101.eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee

    --
    Whoever has this link can answer in your name. Do not forward this mail.
    Request 01010101010101010101
    ");
    assert_snapshot!(as_text(&mails[2]), @r"
    To: dave@example.com
    Subject: Ann broke glass: Read the orders table

    Ann has opened access in an emergency, without being asked first: Read the orders table.

    Who       Ann (ann@example.com)
    What      Read the orders table (orders-read)
    Allows    s3:GetObject on arn:aws:s3:::orders/*
    Where     account production (123456789012), as IAM user ann
    How long  1h, from 2026-05-04 10:00:00 UTC (12:00:00 in Europe/Berlin) on
    Why       incident 4711 <b>&amp;</b>
    Ticket    INC-4711
    Asked     2026-05-04 10:00:00 UTC (12:00:00 in Europe/Berlin)

    Bob (bob@example.com) and Carol (carol@example.com) will review it. You need not do anything.

    --
    Request 01010101010101010101
    ");
    happens(&story, Command::Tick, "12:00:00").await;
    let mails = told(&story, "review_overdue", "12:00:01").await;
    assert_eq!(mails.len(), 2);
    assert!(mails[0].text.contains("The review is overdue since 2026-05-04 12:00:00 UTC"));
    says(&story, "bob", Verdict::Deny, "12:10:00").await;
    let mails = told(&story, "reviewed", "12:10:01").await;
    assert_eq!(
        envelopes(&mails),
        [
            "carol@example.com: Handled, reviewed by Bob: Read the orders table",
            "ann@example.com: Your emergency access was reviewed: Read the orders table",
        ]
    );
    assert!(mails[1].text.contains("Bob (bob@example.com) says it was not in order:"));
    assert!(told(&story, "review_overdue", "12:20:00").await.is_empty(), "it is done");
}

#[tokio::test]
async fn whoevers_link_was_used_hears_of_it_without_another_link() {
    let story = ann_asks(&["bob", "carol"], 1).await;
    link_says(&story, "bob", Verdict::Approve).await;
    let mails = told(&story, "approved", "10:05:01").await;
    let receipt = mails.iter().find(|mail| mail.to.as_str() == "bob@example.com").unwrap();
    assert_snapshot!(as_text(receipt), @r"
    To: bob@example.com
    Subject: Your yes is on record: Read the orders table

    Your yes is on record.

    What      Read the orders table (orders-read)
    For       Ann (ann@example.com)
    When      2026-05-04 10:05:00 UTC (12:05:00 in Europe/Berlin)
    From      203.0.113.7
    By        the link in your mail
    Why       looks fine to me

    If that was not you, somebody else has read your mail: end it now with portcullis revoke 01010101010101010101, and tell an administrator.

    --
    Request 01010101010101010101
    ");
    assert!(!receipt.html.contains("href"), "{}", receipt.html);
    let denied = ann_asks(&["bob"], 1).await;
    link_says(&denied, "bob", Verdict::Deny).await;
    let mails = told(&denied, "denied", "10:05:01").await;
    assert_eq!(
        envelopes(&mails),
        [
            "bob@example.com: Your no is on record: Read the orders table",
            "ann@example.com: Access was denied: Read the orders table",
        ]
    );
}

#[tokio::test]
async fn who_answers_with_a_key_of_their_own_hears_nothing_of_it() {
    let story = ann_asks(&["bob"], 1).await;
    says(&story, "bob", Verdict::Deny, "10:05:00").await;
    let mails = told(&story, "denied", "10:05:01").await;
    assert_eq!(envelopes(&mails), ["ann@example.com: Access was denied: Read the orders table"]);
}
