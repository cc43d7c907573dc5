//! The addressees of mails, and the outcomes.

use serde_json::{Value, json};

use crate::world::{Answer, Cast, timeline};

/// The known mails about a request, as `person event outcome`, in order of names.
fn mails(shown: &Answer) -> Vec<String> {
    let word = |mail: &Value, field: &str| mail[field].as_str().unwrap().to_owned();
    let line = |mail: &Value| ["to", "event", "outcome"].map(|field| word(mail, field)).join(" ");
    let mut lines: Vec<_> = shown.body["mails"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn who_is_silent_is_asked_again_others_hear_of_it_and_each_mail_is_on_the_timeline() {
    let cast = Cast::new();
    let asked = cast.ann.asks("orders-of-nobody", "1h").await;
    let id = asked.text("/id").to_owned();
    cast.bob.mail(&id).await;
    cast.stack
        .eventually("the time to be up, and a sweep to see it", async || {
            cast.stack.sweep().await?;
            let shown = cast.ann.shows(&id).await.body;
            Ok(timeline(&shown).ends_with("reminded escalated").then_some(()))
        })
        .await
        .unwrap();
    let eves = cast.stack.mail_to(cast.eve.someone, &id).await.unwrap();
    assert_eq!(eves.subject, "ann is still waiting: Read orders");
    assert!(eves.link().is_none(), "Eve may not decide: {}", eves.body_text);

    let [ann, bob, carol, eve] =
        [&cast.ann, &cast.bob, &cast.carol, &cast.eve].map(|person| person.someone.mail.clone());
    let zoe = eve.to_string().replace("eve", "zoe").replace("example.com", "elsewhere.test");
    let told = cast
        .stack
        .eventually("all mails", async || {
            let shown = cast.ann.shows(&id).await;
            Ok((mails(&shown).len() == 8).then_some(shown))
        })
        .await
        .unwrap();
    assert!(timeline(&told.body).starts_with("asked reminded escalated"), "{told:?}");
    assert_eq!(
        mails(&told),
        [
            format!("{ann} asked accepted"),
            format!("{ann} escalated accepted"),
            format!("{bob} asked accepted"),
            format!("{bob} reminded accepted"),
            format!("{carol} asked accepted"),
            format!("{carol} reminded accepted"),
            format!("{eve} escalated accepted"),
            format!("{zoe} escalated refused"),
        ],
        "SES is in its sandbox, and Zoe outside of it"
    );
    let listed =
        cast.stack.portcullis(Some(cast.ann.someone), &["show", &id]).await.unwrap().worked();
    let refused = format!("mail        refused: `escalated` to {zoe}");
    assert!(listed.as_ref().unwrap().contains(&refused), "{listed:?}");
}

#[tokio::test]
async fn what_ses_tells_of_a_mail_is_on_the_timeline() {
    let cast = Cast::new();
    let id = cast.ann_asks("orders-read", "1h").await;
    cast.bob.mail(&id).await;
    let bob = &cast.bob.someone.mail;
    let detail = json!({
        "eventType": "Bounce",
        "bounce": { "bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList" },
        "mail": {
            "destination": [bob],
            "tags": { "request": [id], "seq": ["1"], "event": ["asked"] },
        },
    });
    for _ in 0..2 {
        cast.stack.ses_tells(&detail).await.unwrap();
    }
    let known = mails(&cast.ann.shows(&id).await);
    let bobs: Vec<_> = known.iter().filter(|line| line.starts_with(bob.as_str())).collect();
    assert_eq!(bobs, [&format!("{bob} asked accepted"), &format!("{bob} asked suppressed")]);
}
