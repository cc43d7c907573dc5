//! From the mail to the decision in a real browser, as approvers see and use it.
//!
//! Each page is checked against the rules of accessibility (axe), at the width of a small phone and
//! in light and dark colours. Pictures of it go to `target/screenshots`.

use local::sign_in::PASSWORD;
use serde_json::json;

use crate::{
    chromium::Window,
    world::{Cast, Person, timeline},
};

/// Opens a browser, or ends the story on a machine that has none.
macro_rules! window {
    () => {
        match Window::open().await {
            Some(window) => window,
            None => return,
        }
    };
}

/// Opens a person's mail and follows its link.
async fn follows_the_mail(window: &Window, who: &Person, id: &str) {
    window.reads(&who.mail(id).await.body_html).await;
    window.clicks("a").await;
    window.sees("Why").await;
}

#[tokio::test]
async fn yes_with_the_keyboard_alone() {
    let (cast, window) = (Cast::new(), window!());
    let id = cast.ann_asks("orders-read", "1h").await;
    window.reads(&cast.bob.mail(&id).await.body_html).await;
    window.is_fine("mail").await;
    follows_the_mail(&window, &cast.bob, &id).await;
    window.is_fine("page").await;

    let mut stops = Vec::new();
    loop {
        window.presses("\u{e004}").await; // Tab
        stops.push(window.focus().await);
        if stops.last().is_some_and(|stop| stop == "TEXTAREA reason") {
            break;
        }
        assert!(stops.len() < 5, "the form is far away: {stops:?}");
    }
    window.presses("seen the incident").await;
    window.presses("\u{e004}").await;
    assert_eq!(window.focus().await, "INPUT deny", "a yes is not the first choice there is");
    window.presses("\u{e015}").await; // Down
    assert_eq!(window.focus().await, "INPUT approve");
    window.presses("\u{e004}").await;
    assert_eq!(window.focus().await, "BUTTON ");
    window.presses("\u{e007}").await; // Enter
    window.sees("Your yes is recorded.").await;
    window.is_fine("yes").await;
    let active = cast.becomes(&id, "active").await;
    assert_eq!(active["decisions"][0]["reason"], "seen the incident");
    assert!(cast.ann.can_read("orders").await);
    window.closes().await;
}

#[tokio::test]
async fn no_with_a_finger() {
    let (cast, window) = (Cast::new(), window!());
    let id = cast.ann_asks("orders-read", "1h").await;
    follows_the_mail(&window, &cast.bob, &id).await;
    window.clicks("input[value=deny]").await;
    window.clicks("button").await;
    // The browser itself asks for the reason, so nothing was sent.
    assert_eq!(cast.ann.shows(&id).await.text("/status"), "pending");
    window.types("textarea", "not during\nthe audit").await;
    window.clicks("button").await;
    window.sees("Your no is recorded.").await;
    window.is_fine("no").await;
    let denied = cast.becomes(&id, "denied").await;
    assert_eq!(denied["decisions"][0]["reason"], "not during the audit");
    window.closes().await;
}

#[tokio::test]
async fn too_late() {
    let (cast, window) = (Cast::new(), window!());
    let id = cast.ann_asks("orders-in-a-hurry", "1h").await;
    follows_the_mail(&window, &cast.bob, &id).await;
    let link = window.url().await;
    cast.stack
        .eventually("the link to be over", async || {
            Ok((cast.browser().open(&link).await?.status == 404).then_some(()))
        })
        .await
        .unwrap();
    window.types("textarea", "sorry, I was at lunch").await;
    window.clicks("input[value=approve]").await;
    window.clicks("button").await;
    window.sees("This link does not work").await;
    window.is_fine("late").await;
    assert_eq!(cast.ann.policies().await, Vec::<String>::new());
    window.closes().await;
}

#[tokio::test]
async fn pressed_twice_and_by_two_the_first_counts_and_the_other_reads_who_it_was() {
    let (cast, bobs, carols) = (Cast::new(), window!(), window!());
    let id = cast.ann_asks("orders-read", "1h").await;
    follows_the_mail(&bobs, &cast.bob, &id).await;
    follows_the_mail(&carols, &cast.carol, &id).await;
    bobs.types("textarea", "go ahead").await;
    bobs.clicks("input[value=approve]").await;
    // A double click sends the form twice; the browser shows the second answer.
    bobs.runs("const b = document.querySelector('button'); b.click(); b.click()", vec![]).await;
    let bob = &cast.bob.someone.mail;
    bobs.sees(&format!("{bob} said yes")).await;
    carols.types("textarea", "better not").await;
    carols.clicks("input[value=deny]").await;
    carols.clicks("button").await;
    let told = carols.sees("Your answer was not taken").await;
    assert!(told.contains(&format!("{bob} said yes")), "{told}");
    carols.is_fine("second").await;
    let active = cast.becomes(&id, "active").await;
    assert!(timeline(&active).starts_with("asked approved activating"), "{active}");
    assert_eq!(active["decisions"].as_array().unwrap().len(), 1);
    bobs.closes().await;
    carols.closes().await;
}

/// Signs in at the identity provider, as people do.
async fn signs_in(window: &Window, who: &Person) {
    window.clicks("a.button").await;
    window.types("[name=username]", who.someone.mail.as_str()).await;
    window.types("[name=password]", PASSWORD).await;
    window.presses("\u{e007}").await;
}

#[tokio::test]
async fn forwarded_and_where_a_sign_in_is_wanted_the_link_is_worth_nothing_to_others() {
    let (cast, anns, bobs) = (Cast::new(), window!(), window!());
    for person in [&cast.ann, &cast.bob] {
        cast.stack.enrol(person.someone).await.unwrap();
    }
    let id = cast.ann_asks("orders-signed-in", "1h").await;
    let link = cast.bob.link(&id).await;
    // Bob has forwarded his mail to Ann.
    anns.goes_to(&link).await;
    anns.sees("Sign in to answer").await;
    anns.is_fine("sign-in").await;
    signs_in(&anns, &cast.ann).await;
    let told = anns.sees("You are signed in as").await;
    assert!(told.contains(cast.ann.someone.mail.as_str()), "{told}");
    assert_eq!(anns.runs("return document.forms.length", vec![]).await, json!(0));
    anns.is_fine("forwarded").await;
    // She adds the form to the page herself, so that it is sent from our page.
    let forged = "const form = document.createElement('form'); form.method = 'post';
        for (const [name, value] of Object.entries(arguments[0])) {
            const field = document.createElement('input');
            field.name = name; field.value = value; form.append(field);
        }
        document.body.append(form); form.submit()";
    let shown = cast.ann.shows(&id).await;
    let fields = json!({
        "verdict": "approve", "reason": "it is me, Bob",
        "digest": shown.text("/grant/digest"), "version": "1",
    });
    anns.runs(forged, vec![fields]).await;
    anns.sees("this takes a sign-in, and the link alone is none").await;
    assert_eq!(timeline(&cast.ann.shows(&id).await.body), "asked");

    follows_the_mail(&bobs, &cast.bob, &id).await;
    signs_in(&bobs, &cast.bob).await;
    bobs.sees("Your answer").await;
    bobs.is_fine("signed-in").await;
    bobs.types("textarea", "it is really me").await;
    bobs.clicks("input[value=approve]").await;
    bobs.clicks("button").await;
    bobs.sees("Your yes is recorded.").await;
    let active = cast.becomes(&id, "active").await;
    assert_eq!(active["timeline"][1]["event"]["channel"], "signed_in");
    anns.closes().await;
    bobs.closes().await;
}

/// A mail gateway is reported to do this: it opens the link in a browser, fills in each field, and
/// presses each button.
#[tokio::test]
async fn a_scanner_that_fills_in_the_form_and_presses_everything_decides_nothing() {
    let (cast, window) = (Cast::new(), window!());
    let id = cast.ann_asks("orders-read", "1h").await;
    let link = cast.bob.link(&id).await;
    for scripts in ["on", "off"] {
        for filled in ["", "test", "This is an automated test of this form."] {
            window.scripts(scripts).await;
            window.goes_to(&link).await;
            window.sees("Your answer").await;
            if !filled.is_empty() {
                window.types("textarea", filled).await;
            }
            let buttons = window.presses_every("button, summary, a").await;
            assert!(buttons >= 2, "{buttons} were pressed");
            window.presses("\u{e007}").await; // Enter, wherever the focus is
            window.scripts("on").await;
            // This goes round the browser's own check of the form.
            window.goes_to(&link).await;
            window.sees("Your answer").await;
            let submit = "document.querySelector('textarea').value = arguments[0]; \
                          document.forms[0].submit()";
            window.runs(submit, vec![json!(filled)]).await;
            window.sees("Not recorded").await;
            assert_eq!(timeline(&cast.ann.shows(&id).await.body), "asked", "{scripts} {filled}");
        }
    }
    assert_eq!(cast.ann.policies().await, Vec::<String>::new());
    window.closes().await;
}

#[tokio::test]
async fn a_browser_that_runs_scripts_and_a_page_that_frames_ours_change_nothing() {
    let (cast, window) = (Cast::new(), window!());
    let id = cast.ann_asks("orders-read", "1h").await;
    let link = cast.bob.link(&id).await;
    for _ in 0..10 {
        window.goes_to(&link).await;
        window.sees("Your answer").await;
        let loaded = "return performance.getEntriesByType('resource').length";
        assert_eq!(window.runs(loaded, vec![]).await, json!(0), "the page loads something");
    }
    window.reads(&format!("<p>Win a prize</p><iframe src=\"{link}\"></iframe>")).await;
    window.sees("Win a prize").await;
    let framed = window.framed().await;
    assert!(framed.ends_with("refused to connect."), "framed by another page: {framed}");
    // A form of another site, sent with the right secret in its address.
    let shown = cast.ann.shows(&id).await;
    let form = format!(
        "<form method=post action=\"{link}\"><input name=verdict value=approve>\
         <input name=reason value=prize><input name=digest value={}>\
         <input name=version value=1><button>Win</button></form>",
        shown.text("/grant/digest")
    );
    window.reads(&form).await;
    window.clicks("button").await;
    window.sees("This link does not work").await;
    assert_eq!(timeline(&cast.ann.shows(&id).await.body), "asked");
    window.closes().await;
}
