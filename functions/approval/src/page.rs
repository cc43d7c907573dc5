//! The page: what is asked, what was decided so far, and the form to answer.

use askama::Template;
use base64::{Engine, prelude::BASE64_STANDARD};
use domain::{Approval, Grant, Person, Request, Review, Status, Verdict};
use lambda_http::{Body, Error, Response};
use sha2::{Digest, Sha256};

/// The only style there is, allowed by its digest and nothing else.
const STYLE: &str = include_str!("../templates/style.css");

/// What has just happened, if anything.
pub(crate) enum Notice {
    /// The page was only opened.
    None,
    /// The answer is on record.
    Recorded(Verdict),
    /// The form was not filled in so that it can be taken.
    Mistake(String),
    /// The answer was not taken, and why.
    Refused(String),
}

/// Everything the page shows.
#[derive(Template)]
#[template(path = "page.html")]
pub(crate) struct Page {
    style: &'static str,
    heading: String,
    notice: Option<String>,
    status_code: u16,
    title: String,
    entitlement: String,
    requester: String,
    approver: String,
    reason: String,
    duration: String,
    start: String,
    ticket: Option<String>,
    deadline: Option<(&'static str, String)>,
    window: Option<String>,
    status: Status,
    user: String,
    policy: String,
    digest: String,
    version: u64,
    steps: Vec<StepLine>,
    decisions: Vec<Line>,
    question: Option<Question>,
}

/// What the form asks, and what its two buttons say.
struct Question {
    approve: &'static str,
    deny: &'static str,
}

/// An approval step and how far it has come.
struct StepLine {
    name: String,
    yes: usize,
    quorum: usize,
    approvers: String,
}

/// One answer so far.
struct Line {
    by: String,
    said: &'static str,
    reason: String,
    at: String,
}

impl Page {
    pub(crate) fn of(request: &Request, approver: &Person, notice: Notice) -> Self {
        let ask = request.ask();
        let Grant::InlinePolicy { user, policy } = &ask.grant;
        let (status_code, notice) = match notice {
            Notice::None => (200, None),
            Notice::Recorded(verdict) => {
                (200, Some(format!("Your {} is recorded.", verdict.past())))
            }
            Notice::Mistake(text) => (422, Some(text)),
            Notice::Refused(text) => (409, Some(format!("Your answer was not taken: {text}."))),
        };
        Self {
            style: STYLE,
            heading: heading(request),
            notice,
            status_code,
            title: ask.title.clone(),
            entitlement: ask.entitlement.to_string(),
            requester: ask.requester.to_string(),
            approver: approver.to_string(),
            reason: ask.reason.as_str().to_owned(),
            duration: ask.duration.friendly(),
            start: match ask.starts_at {
                Some(starts_at) => format!("from {} on", readable(starts_at)),
                None if request.review().is_some() => {
                    format!("from {} on", readable(request.asked_at()))
                }
                None => "from the moment it is approved".to_owned(),
            },
            ticket: ask.ticket.as_ref().map(ToString::to_string),
            deadline: deadline(request),
            window: request.window().map(|window| {
                format!("{} to {}", readable(window.starts_at()), readable(window.ends_at()))
            }),
            status: request.status(),
            user: user.to_string(),
            policy: indented(&policy.to_json()),
            digest: ask.grant.digest().to_string(),
            version: request.version(),
            steps: steps(request),
            decisions: answers(request).map(Line::of).collect(),
            question: question(request, approver),
        }
    }

    pub(crate) fn into_response(self) -> Result<Response<Body>, Error> {
        respond(self.status_code, self.render()?)
    }
}

fn heading(request: &Request) -> String {
    let did = match request.ask().approval {
        Approval::People { .. } | Approval::Rule => "asks for access",
        Approval::BreakGlass { .. } => "opened access in an emergency",
    };
    format!("{} {did}", request.ask().requester)
}

fn deadline(request: &Request) -> Option<(&'static str, String)> {
    match &request.ask().approval {
        Approval::People { decide_by, .. } => Some(("Decide until", readable(*decide_by))),
        Approval::BreakGlass { review_by, .. } => Some(("Review until", readable(*review_by))),
        Approval::Rule => None,
    }
}

fn steps(request: &Request) -> Vec<StepLine> {
    let Approval::People { steps, .. } = &request.ask().approval else { return Vec::new() };
    let seated = steps.seat(request.approved_by());
    let line = |(step, yes): (&domain::Step, Vec<_>)| StepLine {
        name: step.name.clone(),
        yes: yes.len(),
        quorum: step.quorum,
        approvers: step.approvers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    steps.0.iter().zip(seated).map(line).collect()
}

/// Everything that was answered: before it opened, or in its review.
fn answers(request: &Request) -> impl Iterator<Item = &domain::Decision> {
    let review = match request.review() {
        Some(Review::Done(review)) => Some(review),
        Some(Review::Open { .. } | Review::Overdue { .. }) | None => None,
    };
    request.decisions().iter().chain(review)
}

/// What this approver is asked, if an answer of theirs is still wanted.
fn question(request: &Request, approver: &Person) -> Option<Question> {
    match request.review() {
        Some(Review::Open { .. } | Review::Overdue { .. }) => {
            Some(Question { approve: "It was in order", deny: "It was not" })
        }
        Some(Review::Done(_)) => None,
        None => {
            let answered = answers(request).any(|decision| decision.answer.by == *approver);
            let open = request.status() == Status::Pending && !answered;
            open.then_some(Question { approve: "Approve", deny: "Deny" })
        }
    }
}

impl Line {
    fn of(decision: &domain::Decision) -> Self {
        Self {
            by: decision.answer.by.to_string(),
            said: decision.verdict.past(),
            reason: decision.answer.reason.as_str().to_owned(),
            at: readable(decision.at),
        }
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    style: &'static str,
    heading: &'static str,
    text: &'static str,
}

/// The one answer to every link that is worth nothing, whatever the reason.
pub(crate) fn nothing_here() -> Result<Response<Body>, Error> {
    let message = Message {
        style: STYLE,
        heading: "This link does not work",
        text: "It may be over, belong to somebody else, or have been cut off in the mail. \
               Nothing was changed. If you were asked to approve something, open the link \
               from your own mail again.",
    };
    respond(404, message.render()?)
}

/// A failure of ours.
pub(crate) fn failed() -> Result<Response<Body>, Error> {
    let message = Message {
        style: STYLE,
        heading: "This did not work, and it is our fault",
        text: "We cannot say whether your answer was recorded. Please open the link from your \
               mail again in a minute: the page shows what is on record.",
    };
    respond(500, message.render()?)
}

fn respond(status: u16, html: String) -> Result<Response<Body>, Error> {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    Ok(Response::builder()
        .status(status)
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", policy)
        .header("cache-control", "no-store")
        .header("referrer-policy", "no-referrer")
        .header("strict-transport-security", "max-age=31536000")
        .header("x-content-type-options", "nosniff")
        .header("x-frame-options", "DENY")
        .header("x-robots-tag", "noindex")
        .body(html.into())?)
}

fn readable(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn indented(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| json.to_owned())
}
