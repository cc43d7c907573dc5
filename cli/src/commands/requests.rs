//! Asking, and looking at what was asked.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write as _},
};

use anyhow::{Context, Result, ensure};
use domain::value::{Digest, Reason, RequestId, Start};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    api::{Api, Token},
    args::{Format, RequestArgs},
    shell,
};

/// Where requests are made and looked at, and how answers are shown.
#[derive(Debug)]
pub(super) struct ApiCommands {
    pub(super) url: Option<String>,
    pub(super) token: Option<Token>,
    pub(super) json: bool,
}

impl ApiCommands {
    pub(super) async fn submit(&self, args: &RequestArgs) -> Result<String> {
        let body = json!({
            "entitlement": args.entitlement,
            "duration": args.duration,
            "reason": args.reason,
            "ticket": args.ticket,
            "starts_at": args.starts_at.map(Start::at),
            "extends": args.extends,
            "break_glass": args.break_glass,
            "confirm": args.break_glass.then(|| confirmed(args)).transpose()?,
        });
        let api = self.api().await?;
        if args.dry_run {
            let verdict = api.post("/requests?dry_run=true", &body, None).await?;
            return Ok(self.shown(&verdict, foreseen));
        }
        // One key an attempt: the transport may try twice, the request is made once.
        let key = Digest::of_bytes("attempt", &[&aws::chance::bytes::<16>()?]).to_string();
        let asked = api.post("/requests", &body, Some(&key)).await?;
        Ok(self.shown(&asked, |asked| {
            let (notes, id) = (noted(asked), word(asked, "/id"));
            format!("{}{notes}\nFollow it with: portcullis show {id}", one(asked))
        }))
    }

    /// A request with its timeline, as the API gives it.
    pub(super) async fn request(&self, id: &RequestId) -> Result<Value> {
        self.api().await?.get(&format!("/requests/{id}")).await
    }

    pub(super) async fn show(&self, id: &RequestId) -> Result<String> {
        let found = self.request(id).await?;
        Ok(self.shown(&found, |found| one(found) + &timeline(found)))
    }

    pub(super) async fn cancel(&self, id: &RequestId) -> Result<String> {
        let path = format!("/requests/{id}/cancel");
        let after = self.api().await?.post(&path, &json!({}), None).await?;
        Ok(self.shown(&after, one))
    }

    pub(super) async fn revoke(&self, id: &RequestId, reason: &Reason) -> Result<String> {
        let path = format!("/requests/{id}/revoke");
        let after = self.api().await?.post(&path, &json!({ "reason": reason }), None).await?;
        Ok(self.shown(&after, one))
    }

    /// Credentials for a shell, or for the tools of AWS.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
    pub(super) async fn credentials(&self, id: &RequestId, format: Format) -> Result<String> {
        let path = format!("/requests/{id}/credentials");
        let given = self.api().await?.post(&path, &json!({}), None).await?;
        let [key, secret, token, until] =
            ["/access_key_id", "/secret_access_key", "/session_token", "/expires_at"]
                .map(|at| word(&given, at));
        Ok(match format {
            Format::Shell => self.shown(&given, |_| {
                let variables = [
                    ("AWS_ACCESS_KEY_ID", key),
                    ("AWS_SECRET_ACCESS_KEY", secret),
                    ("AWS_SESSION_TOKEN", token),
                ];
                shell::exports(until, &variables)
            }),
            Format::Process => {
                let output = json!({
                    "Version": 1,
                    "AccessKeyId": key,
                    "SecretAccessKey": secret,
                    "SessionToken": token,
                    "Expiration": until,
                });
                format!("{output:#}")
            }
        })
    }

    pub(super) async fn list(&self) -> Result<String> {
        let api = self.api().await?;
        let (mut requests, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let from = cursor.map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
            let page = api.get(&format!("/requests{from}")).await?;
            requests.extend(items(&page, "/requests").cloned());
            cursor = text_at(&page, "/cursor").map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        let list = json!({ "requests": requests });
        Ok(self.shown(&list, |list| {
            lines(items(list, "/requests"), "You have not asked for anything yet.", |request| {
                let [id, status, what] =
                    ["/id", "/status", "/entitlement"].map(|at| word(request, at));
                let until = text_at(request, "/window/ends_at");
                let until = until.map(|at| format!("  until {at}")).unwrap_or_default();
                format!("{id}  {status:<10}  {what}{until}")
            })
        }))
    }

    pub(super) async fn entitlements(&self) -> Result<String> {
        let found = self.api().await?.get("/entitlements").await?;
        Ok(self.shown(&found, |found| {
            lines(items(found, "/entitlements"), "There is nothing you may ask for.", |entry| {
                let [id, title, longest] =
                    ["/id", "/title", "/max_duration"].map(|at| word(entry, at));
                let notes = items(entry, "/steps").map(step);
                let notes =
                    notes.chain(text_at(entry, "/ticket").map(|form| format!("a ticket {form}")));
                let could = [
                    ("could_be_automatic", "a rule lets you have it at times without being asked"),
                    ("could_break_glass", "in an emergency: --break-glass"),
                ];
                let could =
                    could.into_iter().filter(|(field, _)| entry.get(*field) == Some(&true.into()));
                let notes = notes.chain(could.map(|(_, note)| note.to_owned()));
                let notes = notes.chain(items(entry, "/obstacles").map(obstacle));
                let first = format!("{id:<24}  {title} (at most {longest})");
                notes.fold(first, |text, note| {
                    text + &format!(
                        "
{:26}",
                        ""
                    ) + &note
                })
            })
        }))
    }

    pub(super) async fn api(&self) -> Result<Api> {
        let url = self.url()?;
        match &self.token {
            Some(token) => Api::with_token(token.clone(), url),
            None => Api::new(&aws::sdk::load("cli").await, url),
        }
    }

    /// Where the API is.
    pub(super) fn url(&self) -> Result<&str> {
        self.url.as_deref().context(
            "where is the API? Set PORTCULLIS_API_URL to the output ApiUrl of the stack, or say --api",
        )
    }

    pub(super) fn shown(&self, answer: &Value, as_text: impl FnOnce(&Value) -> String) -> String {
        if self.json { format!("{answer:#}") } else { as_text(answer) }
    }
}

/// What breaking glass takes: the name of the thing, typed once more.
fn confirmed(args: &RequestArgs) -> Result<String> {
    if let Some(confirmed) = &args.confirm {
        return Ok(confirmed.to_string());
    }
    let entitlement = &args.entitlement;
    ensure!(
        io::stdin().is_terminal(),
        "breaking glass has to be confirmed; say --confirm {entitlement}"
    );
    let mut terminal = io::stderr();
    write!(
        terminal,
        "This opens {entitlement} at once; everybody is told, and it will be reviewed.\n\
         Type {entitlement} to confirm: "
    )?;
    terminal.flush()?;
    let mut typed = String::new();
    io::stdin().read_line(&mut typed)?;
    ensure!(typed.trim() == entitlement.as_str(), "not confirmed; nothing was asked for");
    Ok(typed.trim().to_owned())
}

/// Notes beside an answer, a line each.
fn noted(answer: &Value) -> String {
    let notes = items(answer, "/notes").filter_map(Value::as_str);
    notes.map(|note| format!("\nnote: {note}")).collect::<Vec<_>>().concat()
}

/// What would come of an ask.
fn foreseen(verdict: &Value) -> String {
    let notes = noted(verdict);
    let said = match word(verdict, "/verdict") {
        "allow" => "It would open at once; nobody has to be asked.".to_owned(),
        "needs_approval" => {
            let steps = items(verdict, "/steps").map(|step_of| format!("\n  {}", step(step_of)));
            format!("It may be asked for. It takes:{}", steps.collect::<String>())
        }
        _ => {
            let reasons =
                items(verdict, "/reasons").map(|reason| format!("\n  - {}", obstacle(reason)));
            format!("It would be refused:{}", reasons.collect::<String>())
        }
    };
    said + &notes
}

/// An approval step in words: how many yeses, from whom.
fn step(step: &Value) -> String {
    let quorum = step.get("quorum").and_then(Value::as_u64).unwrap_or_default();
    let approvers = match step.get("approvers") {
        Some(Value::String(words)) => words.clone(),
        approvers => {
            let people = approvers.and_then(Value::as_array).into_iter().flatten();
            wording::list_of(people.filter_map(Value::as_str))
        }
    };
    format!("step {}: {quorum} of {approvers}", word(step, "/name"))
}

/// A reason against it, with the way out and the rule that says so.
fn obstacle(reason: &Value) -> String {
    let advice = text_at(reason, "/advice").map(|advice| format!("; {advice}"));
    format!("{}{} [{}]", word(reason, "/reason"), advice.unwrap_or_default(), word(reason, "/rule"))
}

fn lines<'a>(
    items: impl Iterator<Item = &'a Value>,
    if_none: &str,
    line: impl Fn(&'a Value) -> String,
) -> String {
    let lines: Vec<_> = items.map(line).collect();
    if lines.is_empty() { if_none.to_owned() } else { lines.join("\n") }
}

pub(super) fn one(request: &Value) -> String {
    let mut text = format!("{}  {}\n", word(request, "/id"), word(request, "/status"));
    let mut line = |name: &str, value: String| _ = writeln!(text, "  {name:<10} {value}");
    line("what", format!("{} for {}", word(request, "/entitlement"), word(request, "/duration")));
    line("why", word(request, "/reason").to_owned());
    if let Some(ticket) = text_at(request, "/ticket") {
        line("ticket", ticket.to_owned());
    }
    if let Some(extended) = text_at(request, "/extends") {
        line("extends", extended.to_owned());
    }
    if let Some(ends_at) = text_at(request, "/window/ends_at") {
        line("open", format!("{} to {ends_at}", word(request, "/window/starts_at")));
    } else if word(request, "/status") == "pending" {
        if let Some(starts_at) = text_at(request, "/starts_at") {
            line("starts at", starts_at.to_owned());
        }
        line("decide by", word(request, "/decide_by").to_owned());
        items(request, "/steps").for_each(|step_of| line("needs", step(step_of)));
    }
    if let Some(revoked_at) = text_at(request, "/revoked_at") {
        line("revoked", revoked_at.to_owned());
    }
    if let Some(review) = text_at(request, "/review/status") {
        line("review", review.to_owned());
    }
    for decision in items(request, "/decisions") {
        let [by, verdict, reason] = ["/by", "/verdict", "/reason"].map(|at| word(decision, at));
        line(verdict, format!("{by}: {reason}"));
    }
    if let Some(failure) = text_at(request, "/failure") {
        line("failed", failure.to_owned());
    }
    text
}

/// What happened, and what became of the mails about it, in order of time.
fn timeline(request: &Value) -> String {
    let happened = items(request, "/timeline").map(|entry| {
        let actor = text_at(entry, "/actor/person").unwrap_or("portcullis");
        let [at, what] = ["/at", "/event/type"].map(|at| word(entry, at));
        (at, format!("{what:<10}  {actor}"))
    });
    let mailed = items(request, "/mails").map(|mail| {
        let [at, about, to, outcome] =
            ["/at", "/event", "/to", "/outcome"].map(|at| word(mail, at));
        (at, format!("mail        {outcome}: `{about}` to {to}"))
    });
    let mut lines: Vec<_> = happened.chain(mailed).collect();
    lines.sort_by_key(|(at, _)| at.parse::<Timestamp>().unwrap_or_default());
    lines.iter().fold(String::from("  what happened\n"), |mut text, (at, line)| {
        _ = writeln!(text, "    {at:<24}  {line}");
        text
    })
}

fn items<'a>(value: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(at).and_then(Value::as_array).into_iter().flatten()
}

fn text_at<'a>(value: &'a Value, at: &str) -> Option<&'a str> {
    value.pointer(at)?.as_str()
}

pub(super) fn word<'a>(value: &'a Value, at: &str) -> &'a str {
    text_at(value, at).unwrap_or("?")
}
