//! Submitting requests, and showing them.

use std::{
    fmt::{Display, Write as _},
    io::{self, IsTerminal, Write as _},
};

use anyhow::{Context, Result, ensure};
use domain::value::{Digest, Person, Reason, RequestId, Start};
use serde_json::{Value, json};
use wire::{
    CatalogueDocument, CredentialsDocument, DecisionDocument, DryRunDocument, EntitlementDocument,
    MailDocument, NewRequest, RequestDocument, RequestPage, Revocation, RulingDocument,
    StepDocument,
};

use crate::{
    api::{Answered, Api, BearerToken},
    args::{Format, RequestArgs},
    shell,
};

/// The commands that call the API, with its URL, a token, and the form of the output.
#[derive(Debug)]
pub(super) struct ApiCommands {
    pub(super) url: Option<String>,
    pub(super) token: Option<BearerToken>,
    pub(super) json: bool,
}

impl ApiCommands {
    pub(super) async fn submit(&self, args: &RequestArgs) -> Result<String> {
        let body = NewRequest {
            entitlement: args.entitlement.to_string(),
            duration: args.duration.to_string(),
            reason: args.reason.as_str().to_owned(),
            ticket: args.ticket.as_ref().map(ToString::to_string),
            starts_at: args.starts_at.map(|start| Start::at(start).to_string()),
            extends: args.extends.as_ref().map(ToString::to_string),
            break_glass: args.break_glass,
            confirm: args.break_glass.then(|| confirmed(args)).transpose()?,
        };
        let api = self.api().await?;
        if args.dry_run {
            let ruling = api.post("/requests?dry_run=true", &body, None).await?;
            return self.shown(&ruling, foreseen);
        }
        // One key for each attempt: the transport may try twice, and the request is made once.
        let key = Digest::of_bytes("attempt", &[&aws::chance::bytes::<16>()?]).to_string();
        let asked = api.post::<RequestDocument>("/requests", &body, Some(&key)).await?;
        self.shown(&asked, |asked| {
            let (notes, id) = (noted(&asked.notes), &asked.id);
            format!("{}{notes}\nFollow it with: portcullis show {id}", one(asked))
        })
    }

    /// A request with its timeline.
    pub(super) async fn request(&self, id: &RequestId) -> Result<Answered<RequestDocument>> {
        self.api().await?.get(&format!("/requests/{id}")).await
    }

    pub(super) async fn show(&self, id: &RequestId) -> Result<String> {
        let found = self.request(id).await?;
        self.shown(&found, |found| one(found) + &timeline(found))
    }

    pub(super) async fn cancel(&self, id: &RequestId) -> Result<String> {
        let path = format!("/requests/{id}/cancel");
        let after = self.api().await?.post(&path, &json!({}), None).await?;
        self.shown(&after, one)
    }

    pub(super) async fn revoke(&self, id: &RequestId, reason: &Reason) -> Result<String> {
        let path = format!("/requests/{id}/revoke");
        let body = Revocation { reason: reason.as_str().to_owned() };
        let after = self.api().await?.post(&path, &body, None).await?;
        self.shown(&after, one)
    }

    /// Credentials for a shell, or for the tools of AWS.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
    pub(super) async fn credentials(&self, id: &RequestId, format: Format) -> Result<String> {
        let path = format!("/requests/{id}/credentials");
        let given = self.api().await?.post::<CredentialsDocument>(&path, &json!({}), None).await?;
        match format {
            Format::Shell => self.shown(&given, |given| {
                let variables = [
                    ("AWS_ACCESS_KEY_ID", given.access_key_id.as_str()),
                    ("AWS_SECRET_ACCESS_KEY", given.secret_access_key.as_str()),
                    ("AWS_SESSION_TOKEN", given.session_token.as_str()),
                ];
                shell::exports(&given.expires_at.to_string(), &variables)
            }),
            Format::Process => {
                let given = given.document()?;
                let output = json!({
                    "Version": 1,
                    "AccessKeyId": given.access_key_id,
                    "SecretAccessKey": given.secret_access_key,
                    "SessionToken": given.session_token,
                    "Expiration": given.expires_at,
                });
                Ok(format!("{output:#}"))
            }
        }
    }

    pub(super) async fn list(&self) -> Result<String> {
        let api = self.api().await?;
        let (mut raw, mut requests, mut cursor) = (Vec::new(), Vec::new(), None::<String>);
        loop {
            let from = cursor.map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
            let page = api.get::<RequestPage>(&format!("/requests{from}")).await?;
            let all = page.raw.get("requests").and_then(Value::as_array).cloned();
            raw.extend(all.unwrap_or_default());
            cursor = page.raw.get("cursor").and_then(Value::as_str).map(str::to_owned);
            if !self.json {
                requests.extend(page.into_document()?.requests);
            }
            if cursor.is_none() {
                break;
            }
        }
        if self.json {
            return Ok(format!("{:#}", json!({ "requests": raw })));
        }
        Ok(lines(&requests, "You have not asked for anything yet.", |request| {
            let RequestDocument { id, status, terms, window, .. } = request;
            let until = window.map(|window| format!("  until {}", window.ends_at()));
            let until = until.unwrap_or_default();
            format!("{id}  {status:<10}  {}{until}", terms.entitlement)
        }))
    }

    pub(super) async fn entitlements(&self) -> Result<String> {
        let found = self.api().await?.get::<CatalogueDocument>("/entitlements").await?;
        self.shown(&found, |found| {
            lines(&found.entitlements, "There is nothing you may ask for.", entry)
        })
    }

    pub(super) async fn api(&self) -> Result<Api> {
        let url = self.url()?;
        match &self.token {
            Some(token) => Api::with_token(token.clone(), url),
            None => Api::new(&aws::sdk::load("cli").await, url),
        }
    }

    /// The URL of the API. An error if it is not set.
    pub(super) fn url(&self) -> Result<&str> {
        self.url.as_deref().context(
            "where is the API? Set PORTCULLIS_API_URL to the output ApiUrl of the stack, or say --api",
        )
    }

    /// The answer as JSON, just as it came, or as text.
    pub(super) fn shown<T>(
        &self,
        answer: &Answered<T>,
        as_text: impl FnOnce(&T) -> String,
    ) -> Result<String> {
        Ok(if self.json { format!("{:#}", answer.raw) } else { as_text(answer.document()?) })
    }
}

/// The confirmation of break glass: the name of the entitlement, given or typed once more.
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

/// An entry of the catalogue, with its conditions and the obstacles to a request.
fn entry(entry: &EntitlementDocument) -> String {
    let EntitlementDocument { id, title, max_duration, .. } = entry;
    let steps = entry.steps.iter().map(|step| needs(&step.name, step.quorum, &step.approvers));
    let ticket = entry.ticket.iter().map(|form| format!("a ticket {form}"));
    let could = [
        (entry.could_be_automatic, "a rule lets you have it at times without being asked"),
        (entry.could_break_glass, "in an emergency: --break-glass"),
    ];
    let could = could.into_iter().filter(|(could, _)| *could).map(|(_, note)| note.to_owned());
    let obstacles = entry.obstacles.iter().map(ToString::to_string);
    let first = format!("{:<24}  {title} (at most {max_duration})", id.as_str());
    let notes = steps.chain(ticket).chain(could).chain(obstacles);
    notes.fold(first, |text, note| format!("{text}\n{:26}{note}", ""))
}

/// Notes beside an answer, one on each line.
fn noted(notes: &[String]) -> String {
    notes.iter().map(|note| format!("\nnote: {note}")).collect::<Vec<_>>().concat()
}

/// The outcome of a dry run.
fn foreseen(dry_run: &DryRunDocument) -> String {
    let said = match &dry_run.ruling {
        RulingDocument::Allow(_) => "It would open at once; nobody has to be asked.".to_owned(),
        RulingDocument::NeedsApproval(terms) => {
            let steps = terms.steps.iter().map(|of| format!("\n  {}", step(of)));
            format!("It may be asked for. It takes:{}", steps.collect::<Vec<_>>().concat())
        }
        RulingDocument::Unknown => "This version does not know the answer; see --json.".to_owned(),
        RulingDocument::Deny { reasons } => {
            let reasons = reasons.iter().map(|reason| format!("\n  - {reason}"));
            format!("It would be refused:{}", reasons.collect::<Vec<_>>().concat())
        }
    };
    said + &noted(&dry_run.notes)
}

fn step(step: &StepDocument) -> String {
    let approvers = wording::list_of(step.approvers.iter().map(Person::as_str));
    needs(&step.name, step.quorum, &approvers)
}

/// An approval step: its quorum and its approvers.
fn needs(name: &str, quorum: usize, approvers: &str) -> String {
    format!("step {name}: {quorum} of {approvers}")
}

fn lines<T>(items: &[T], if_none: &str, line: impl Fn(&T) -> String) -> String {
    let lines: Vec<_> = items.iter().map(line).collect();
    if lines.is_empty() { if_none.to_owned() } else { lines.join("\n") }
}

/// A request, one fact on each line.
pub(super) fn one(request: &RequestDocument) -> String {
    let RequestDocument { id, status, terms, .. } = request;
    let mut text = format!("{id}  {status}\n");
    let mut line = |name: &str, value: &dyn Display| _ = writeln!(text, "  {name:<10} {value}");
    line("what", &format!("{} for {}", terms.entitlement, terms.duration));
    line("why", &terms.reason.as_str());
    terms.ticket.iter().for_each(|ticket| line("ticket", ticket));
    terms.extends.iter().for_each(|extended| line("extends", extended));
    if let Some(window) = request.window {
        line("open", &format!("{} to {}", window.starts_at(), window.ends_at()));
    } else if status == "pending" {
        terms.starts_at.iter().for_each(|at| line("starts at", at));
        terms.decide_by.iter().for_each(|at| line("decide by", at));
        terms.steps.iter().for_each(|of| line("needs", &step(of)));
    }
    request.revoked_at.iter().for_each(|at| line("revoked", at));
    request.review.iter().for_each(|review| line("review", &review.status));
    for DecisionDocument { by, verdict, reason, .. } in &request.decisions {
        line(verdict, &format!("{by}: {}", reason.as_str()));
    }
    request.failure.iter().for_each(|failure| line("failed", failure));
    text
}

/// The history of a request, and the mails about it, in order of time.
fn timeline(request: &RequestDocument) -> String {
    let happened = request.timeline.iter().flatten();
    let happened =
        happened.map(|entry| (entry.at(), format!("{:<10}  {}", entry.kind(), entry.actor())));
    let mailed = request.mails.iter().flatten().map(|mail| {
        let MailDocument { event, to, at, outcome, .. } = mail;
        (*at, format!("mail        {outcome}: `{event}` to {to}"))
    });
    let mut lines: Vec<_> = happened.chain(mailed).collect();
    lines.sort_by_key(|(at, _)| *at);
    lines.iter().fold(String::from("  what happened\n"), |mut text, (at, line)| {
        _ = writeln!(text, "    {:<24}  {line}", at.to_string());
        text
    })
}
