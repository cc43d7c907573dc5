//! `cargo demo`: the whole road of a request once, told as it happens.
//!
//! Each step is a real signed call, and each claim is checked: the demo stops at the first
//! difference.

mod record;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws::clock;
use domain::request::Verdict;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde_json::Value;
use wire::{DecisionBody, RequestDocument};

use crate::{Browser, Someone, Stack, narrator::Narrator};

/// The duration that Ann asks for.
const WINDOW: &str = "20s";

/// Time between Bob's click and Ann's first read, at most.
const SOON: Duration = Duration::from_secs(3);

/// Time in which the minute job runs at least once. It runs once a minute, on a clock of its own.
const ONE_SWEEP: Duration = Duration::from_secs(80);

/// Plays the demo.
pub async fn play(narrator: &Narrator) -> Result<()> {
    narrator.line("Portcullis: the whole road once. Every call below is real and signed.\n");
    let stack = &Stack::start(narrator).await?;
    let story = Story {
        narrator,
        stack,
        ann: stack.person("ann")?,
        bob: stack.person("bob")?,
        carol: stack.person("carol")?,
        browser: Browser::new(stack.output("ApiUrl")?)?,
    };
    story.denied().await?;
    story.refused().await?;
    let id = story.asks().await?;
    let link = story.mail_reaches_bob(&id).await?;
    story.nobody_approves_themselves(&id).await?;
    let clicked = story.bob_approves(&link).await?;
    let ends_at = story.open(&id, clicked).await?;
    story.ends_to_the_second(ends_at).await?;
    story.two_have_to_agree().await?;
    story.swept(&id).await?;
    story.explained(&id).await?;
    story.proved(&id).await?;
    narrator.say("done. Everything that was started is being stopped.");
    Ok(())
}

struct Story<'a> {
    narrator: &'a Narrator,
    stack: &'a Stack,
    ann: &'a Someone,
    bob: &'a Someone,
    carol: &'a Someone,
    browser: Browser,
}

impl Story<'_> {
    async fn denied(&self) -> Result<()> {
        self.narrator.chapter("1  Ann needs to read the orders table");
        self.reads_nothing("orders").await
    }

    /// A request that the rules do not allow is refused at once, with all reasons.
    async fn refused(&self) -> Result<()> {
        self.narrator.chapter("2  Ann asks for more than the rules allow");
        let args = ["request", "payroll-read", "--for", "2h", "--reason", "curious"];
        self.shows(&args);
        let refused = self.stack.portcullis(Some(self.ann), &args).await?;
        let reasons = ["max_duration", "ticket", "reason_length"];
        let all =
            reasons.iter().all(|rule| refused.err.contains(&format!("[payroll-read/{rule}]")));
        ensure!(!refused.ok && all, "not refused for every reason: {refused:?}");
        self.narrator.quote(&refused.err);
        Ok(())
    }

    async fn asks(&self) -> Result<String> {
        self.narrator.chapter("3  Ann asks");
        let reason = "incident 4711: order 1 is stuck";
        let told = self
            .types(Some(self.ann), &["request", "orders-read", "--for", WINDOW, "--reason", reason])
            .await?;
        let id = told.split_whitespace().next().context("no id was printed")?.to_owned();
        let request = self.request(&id).await?;
        ensure!(request.status == "pending", "the request is not pending: {request:?}");
        Ok(id)
    }

    async fn mail_reaches_bob(&self, id: &str) -> Result<String> {
        self.narrator.chapter("4  A mail reaches Bob");
        let mail = self.stack.mail_to(self.bob, id).await?;
        let link = mail.link().context("the mail has not exactly one link")?.to_owned();
        self.narrator.say(&format!("to {}: {}", self.bob.mail, mail.subject));
        self.narrator.quote(&mail.body_text);
        let before = self.request(id).await?.version;
        let visits = stream::iter(0..100).map(|_| self.browser.open(&link)).buffer_unordered(10);
        let pages: Vec<_> = visits.try_collect().await?;
        ensure!(pages.iter().all(|page| page.status == 200), "not every visit was answered");
        ensure!(self.request(id).await?.version == before, "following the link changed something");
        self.narrator.say("a scanner followed the link 100 times; nothing changed");
        Ok(link)
    }

    async fn nobody_approves_themselves(&self, id: &str) -> Result<()> {
        self.narrator.chapter("5  Ann tries to approve it herself, then Bob decides");
        let request = self.request(id).await?;
        let body = DecisionBody {
            verdict: Verdict::Approve,
            reason: "I trust myself".to_owned(),
            digest: request.terms.grant.digest.to_string(),
            version: request.version,
        };
        let api = self.stack.api_of(self.ann).await?;
        let path = format!("/requests/{id}/decisions");
        let refused = api.post::<RequestDocument>(&path, &body, None).await;
        let said = refused.err().context("Ann approved her own request")?.to_string();
        ensure!(
            said.contains("cannot decide your own request"),
            "refused for another reason: {said}"
        );
        self.narrator.say(&format!("Ann is refused: {said}"));
        Ok(())
    }

    async fn bob_approves(&self, link: &str) -> Result<Instant> {
        let page = self.browser.open(link).await?;
        let clicked = Instant::now();
        let answered =
            self.browser.answer(link, &page, "approve", "go ahead, I am watching").await?;
        let recorded = answered.status == 200 && answered.html.contains("Your yes is recorded");
        ensure!(recorded, "the page does not say so: {answered:?}");
        self.narrator
            .say("Bob opens his link, says yes with a reason; the page: Your yes is recorded.");
        Ok(clicked)
    }

    async fn open(&self, id: &str, clicked: Instant) -> Result<Timestamp> {
        self.narrator.chapter("6  Access opens by itself");
        self.stack
            .eventually("Ann's first read", async || {
                Ok(self.stack.can_read(self.ann, "orders").await?.then_some(()))
            })
            .await?;
        let took = clicked.elapsed();
        self.narrator.say(&format!(
            "Ann reads the orders table: allowed, {:.1} s after Bob's click",
            took.as_secs_f32()
        ));
        ensure!(took <= SOON, "it took longer than {SOON:?}");
        self.reads_nothing("payroll").await?;
        for name in self.stack.policies_of(self.ann).await? {
            self.narrator.say(&format!("on Ann's user: {name}"));
        }
        let request = self.request(id).await?;
        let window = request.window.context("the request has no window")?;
        let (starts_at, ends_at) = (window.starts_at(), window.ends_at());
        self.narrator.say(&format!("its policy is fenced: {starts_at} to {ends_at}"));
        Ok(ends_at)
    }

    async fn ends_to_the_second(&self, ends_at: Timestamp) -> Result<()> {
        self.narrator.chapter("7  It ends, to the second, with nothing running");
        let mut last_told = Instant::now();
        loop {
            let asked_at = clock::now();
            let allowed = self.stack.can_read(self.ann, "orders").await?;
            let answered_at = clock::now();
            // A call that was on its way when the window closed may have either answer.
            ensure!(allowed || answered_at >= ends_at, "denied before the end");
            ensure!(!allowed || asked_at < ends_at, "allowed after the end");
            if !allowed {
                let late = ends_at.duration_until(answered_at);
                self.narrator
                    .say(&format!("Ann is denied, {} ms after {ends_at}", late.as_millis()));
                break;
            }
            if last_told.elapsed() > Duration::from_secs(5) {
                last_told = Instant::now();
                let left = asked_at.duration_until(ends_at).as_secs();
                self.narrator.say(&format!("Ann still reads; {left} s left"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let left = self.stack.policies_of(self.ann).await?.len();
        self.narrator
            .say(&format!("policies of ours still on her user: {left} (worth nothing now)"));
        Ok(())
    }

    /// A request with two steps: two people answer, each from their own mail.
    async fn two_have_to_agree(&self) -> Result<()> {
        self.narrator.chapter("8  For payroll, its owner and Ann's manager have to agree");
        let reason = "incident 4712: salaries are paid twice";
        let args = ["payroll-read", "--for", "5m", "--ticket", "INC-4712", "--reason", reason];
        let told = self.types(Some(self.ann), &[&["request"], &args[..]].concat()).await?;
        let id = told.split_whitespace().next().context("no id was printed")?;
        for (who, step) in [(self.bob, "owner"), (self.carol, "manager")] {
            let mail = self.stack.mail_to(who, id).await?;
            let link = mail.link().context("the mail has not exactly one link")?;
            let allowed = self.stack.can_read(self.ann, "payroll").await?;
            ensure!(!allowed, "one yes was enough for two steps");
            let page = self.browser.open(link).await?;
            let answered = self.browser.answer(link, &page, "approve", "agreed").await?;
            ensure!(answered.status == 200, "the answer was not taken: {answered:?}");
            let request = self.request(id).await?;
            let status = request.status;
            self.narrator.say(&format!("{} says yes for step `{step}`: {status}", who.mail));
        }
        self.stack
            .eventually("Ann's read of payroll", async || {
                Ok(self.stack.can_read(self.ann, "payroll").await?.then_some(()))
            })
            .await?;
        self.narrator.say("Ann reads the payroll table: allowed");
        Ok(())
    }

    async fn explained(&self, id: &str) -> Result<()> {
        self.narrator.chapter("10  Which rules decided, by the record alone");
        let told = self.types(Some(self.ann), &["rules", "explain", id]).await?;
        let rules = ["base/requesters", "base/approvers"];
        ensure!(rules.iter().all(|rule| told.contains(rule)), "a rule is missing: {told}");
        Ok(())
    }

    async fn swept(&self, id: &str) -> Result<()> {
        self.narrator.chapter("9  The minute job tidies up");
        let (begun, mut last_told) = (Instant::now(), Instant::now());
        loop {
            let request = self.request(id).await?;
            let mut left = self.stack.policies_of(self.ann).await?;
            left.retain(|name| name.contains(id));
            if request.status == "ended" && left.is_empty() {
                self.narrator.say("the request is ended; IAM holds nothing of it");
                return Ok(());
            }
            ensure!(begun.elapsed() < ONE_SWEEP, "not swept: {request:?}\n{left:?}");
            if last_told.elapsed() > Duration::from_secs(5) {
                last_told = Instant::now();
                self.narrator.say("waiting for the real minute schedule …");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn reads_nothing(&self, table: &str) -> Result<()> {
        let allowed = self.stack.can_read(self.ann, table).await?;
        ensure!(!allowed, "Ann can read the {table} table");
        self.narrator.say(&format!("Ann reads the {table} table: AccessDenied"));
        Ok(())
    }

    async fn request(&self, id: &str) -> Result<RequestDocument> {
        let api = self.stack.api_of(self.ann).await?;
        api.get(&format!("/requests/{id}")).await?.into_document()
    }

    /// Shows a command in the form in which it is typed.
    fn shows(&self, args: &[&str]) {
        let quoted = |arg: &&str| {
            if arg.contains(' ') { format!("\"{arg}\"") } else { (*arg).to_owned() }
        };
        let shown: Vec<_> = args.iter().map(quoted).collect();
        self.narrator.say(&format!("$ portcullis {}", shown.join(" ")));
    }

    /// Runs a command, and shows it and its output.
    async fn types(&self, who: Option<&Someone>, args: &[&str]) -> Result<String> {
        self.shows(args);
        let out = self.stack.portcullis(who, args).await?.worked()?;
        self.narrator.quote(&out);
        Ok(out)
    }
}

fn at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
