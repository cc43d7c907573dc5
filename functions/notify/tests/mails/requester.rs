//! Mails to the requester.

use domain::request::{Approval, Cause, Command, Verdict};
use insta::assert_snapshot;

use crate::world::{
    ann_asks, as_text, at, envelopes, happens, opened, people, revokes, says, told,
};

#[tokio::test]
async fn whoever_asked_reads_who_can_decide_and_until_when() {
    let story = ann_asks(&["bob"], 1).await;
    let mails = told(&story, "asked", "10:00:01").await;
    assert_snapshot!(as_text(&mails[1]), @r"
    To: ann@example.com
    Subject: Your request was passed on: Read the orders table

    Bob (bob@example.com) can decide now, until 2026-05-04 14:00:00 UTC (16:00:00 in Europe/Berlin).

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    We write to you as soon as somebody has.

    --
    More: portcullis show 01010101010101010101
    Request 01010101010101010101
    ");
}

#[tokio::test]
async fn whoever_asked_reads_who_said_no_and_why() {
    let story = ann_asks(&["bob"], 1).await;
    says(&story, "bob", Verdict::Deny, "10:05:00").await;
    let mails = told(&story, "denied", "10:05:01").await;
    assert_eq!(mails.len(), 1);
    assert_snapshot!(as_text(&mails[0]), @r"
    To: ann@example.com
    Subject: Access was denied: Read the orders table

    Bob (bob@example.com) said no.

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    Bob (bob@example.com) said no:

        bob has <i>looked</i> at it

    Talk to them before you ask again.

    --
    More: portcullis show 01010101010101010101
    Request 01010101010101010101
    ");
}

#[tokio::test]
async fn one_yes_of_two_says_who_else_has_to() {
    let story = ann_asks(&["bob", "carol"], 2).await;
    says(&story, "bob", Verdict::Approve, "10:05:00").await;
    let mails = told(&story, "approved", "10:05:01").await;
    assert_eq!(
        envelopes(&mails),
        ["ann@example.com: One yes, and more are needed: Read the orders table"]
    );
    assert_snapshot!(as_text(&mails[0]), @r"
    To: ann@example.com
    Subject: One yes, and more are needed: Read the orders table

    Bob (bob@example.com) said yes. It takes 1 more of Carol (carol@example.com).

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    Bob (bob@example.com) said yes:

        bob has <i>looked</i> at it

    --
    More: portcullis show 01010101010101010101
    Request 01010101010101010101
    ");
}

#[tokio::test]
async fn access_is_open_until_when_by_whose_yes_and_its_end_is_announced() {
    let story = ann_asks(&["bob"], 1).await;
    says(&story, "bob", Verdict::Approve, "10:05:00").await;
    happens(&story, Command::Opened, "10:05:01").await;
    let mails = told(&story, "activated", "10:05:02").await;
    assert_snapshot!(as_text(&mails[0]), @r"
    To: ann@example.com
    Subject: Access is open: Read the orders table

    You have access until 2026-05-04 11:05:00 UTC (13:05:00 in Europe/Berlin).

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    Bob (bob@example.com) said yes:

        bob has <i>looked</i> at it

    It closes by itself, to the second. The first call may take IAM some seconds.

    --
    More: portcullis show 01010101010101010101
    Request 01010101010101010101
    ");
    happens(&story, Command::Tick, "10:55:00").await;
    let mails = told(&story, "closing", "10:55:01").await;
    assert_snapshot!(as_text(&mails[0]), @r"
    To: ann@example.com
    Subject: Access ends soon: Read the orders table

    Your access ends at 2026-05-04 11:05:00 UTC (13:05:00 in Europe/Berlin).

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    Finish what must not be cut in half. If you need longer, ask now, with --extends.

    --
    More: portcullis show 01010101010101010101
    Request 01010101010101010101
    ");
    let late = ann_asks(&["bob"], 1).await;
    says(&late, "bob", Verdict::Approve, "10:05:00").await;
    happens(&late, Command::Opened, "10:05:01").await;
    happens(&late, Command::Tick, "10:55:00").await;
    for kind in ["activated", "closing"] {
        assert!(told(&late, kind, "11:05:00").await.is_empty(), "{kind}: it is over");
    }
    happens(&story, Command::Closed, "11:05:00").await;
    let mails = told(&story, "ended", "11:05:01").await;
    assert_snapshot!(as_text(&mails[0]), @r"
    To: ann@example.com
    Subject: Access is closed: Read the orders table

    Your access ended at 2026-05-04 11:05:00 UTC (13:05:00 in Europe/Berlin), as was fixed.

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    --
    More: portcullis show 01010101010101010101
    Request 01010101010101010101
    ");
}

#[tokio::test]
async fn what_opens_later_says_when() {
    let story = opened(Approval::Rule, Some(at("18:00:00"))).await;
    let mails = told(&story, "scheduled", "10:00:01").await;
    assert_snapshot!(as_text(&mails[0]), @r"
    To: ann@example.com
    Subject: Access is approved: Read the orders table

    It opens by itself at 2026-05-04 18:00:00 UTC (20:00:00 in Europe/Berlin), and closes at 2026-05-04 19:00:00 UTC (21:00:00 in Europe/Berlin).

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    --
    More: portcullis show 01010101010101010101
    Request 01010101010101010101
    ");
}

#[tokio::test]
async fn what_was_not_decided_or_did_not_work_says_what_to_do() {
    let story = ann_asks(&["bob"], 1).await;
    happens(&story, Command::Tick, "14:00:00").await;
    let mails = told(&story, "expired", "14:00:01").await;
    assert_snapshot!(as_text(&mails[0]), @r"
    To: ann@example.com
    Subject: Nobody decided in time: Read the orders table

    Nobody decided until 2026-05-04 14:00:00 UTC (16:00:00 in Europe/Berlin).

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    You can ask again. Bob (bob@example.com) could have decided.

    --
    More: portcullis show 01010101010101010101
    Request 01010101010101010101
    ");
    let story = opened(people(&["bob"], 1), None).await;
    says(&story, "bob", Verdict::Approve, "10:05:00").await;
    happens(&story, Command::GiveUp(Cause::PrincipalGone), "10:05:01").await;
    let mails = told(&story, "failed", "10:05:02").await;
    assert_snapshot!(as_text(&mails[0]), @r"
    To: ann@example.com
    Subject: Access could not be opened: Read the orders table

    It could not be opened: the IAM user or role does not exist any more; ask an administrator.

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    Nothing is left behind.

    --
    More: portcullis show 01010101010101010101
    Request 01010101010101010101
    ");
}

#[tokio::test]
async fn what_somebody_else_closed_early_says_who_and_why_and_whoever_gives_back_knows() {
    let story = opened(Approval::Rule, None).await;
    revokes(&story, "bob").await;
    let mails = told(&story, "revoking", "10:30:01").await;
    assert_snapshot!(as_text(&mails[0]), @r"
    To: ann@example.com
    Subject: Access was closed early: Read the orders table

    Bob (bob@example.com) has closed your access.

    What      Read the orders table (orders-read)
    Why       incident 4711 <b>&amp;</b>

    Bob (bob@example.com) said why:

        the incident is over

    Talk to them before you ask again.

    --
    More: portcullis show 01010101010101010101
    Request 01010101010101010101
    ");
    let own = opened(Approval::Rule, None).await;
    revokes(&own, "ann").await;
    assert!(told(&own, "revoking", "10:30:01").await.is_empty());
}
