//! The page: the request, the decisions so far, and the form to answer.

use std::collections::BTreeSet;

use askama::Template;
use domain::{
    request::{Approval, Decision, Request, Review, Status, Verdict},
    value::{Person, Reason},
};
use wording::Clause;

use crate::{
    context::{PageContext, Visitor},
    form::Mistake,
    status_text,
};

/// The outcome of the call, above the page.
pub(crate) enum Notice {
    /// The page was only opened.
    None,
    /// The answer is on record.
    Recorded(Verdict),
    /// The form cannot be accepted.
    Mistake(Mistake),
    /// The answer was refused: the reason for that, and the reason that the approver typed.
    Refused(String, String),
}

/// The content of the page.
#[derive(Template)]
#[template(path = "page.html")]
pub(crate) struct Page {
    pub(crate) style: &'static str,
    heading: String,
    notice: Option<String>,
    /// The reason that was typed before, to be corrected.
    draft: String,
    pub(crate) status_code: u16,
    status: Status,
    standing: String,
    title: String,
    entitlement: String,
    requester: String,
    approver: String,
    reason: String,
    ticket: Option<String>,
    extends: Option<String>,
    lasting: Option<String>,
    duration: String,
    asked: String,
    deadline: Option<(&'static str, String)>,
    place: String,
    clauses: Vec<Clause>,
    policy: String,
    ending: &'static str,
    digest: String,
    version: u64,
    steps: Vec<StepLine>,
    decisions: Vec<DecisionLine>,
    question: Option<Question>,
}

/// The question to this approver.
enum Question {
    /// Yes or no, with the labels of the buttons, the consequence of a yes, and the least number of
    /// characters of a reason.
    Answer { approve: &'static str, deny: &'static str, yes: String, least: usize },
    /// The approver has to sign in first, at this path.
    SignIn { path: Option<String>, notice: Option<String>, id: String },
}

/// An approval step and its progress.
struct StepLine {
    name: String,
    yes: usize,
    quorum: usize,
    approvers: String,
}

/// One decision so far.
struct DecisionLine {
    by: String,
    said: &'static str,
    reason: String,
    at: String,
}

impl Page {
    pub(crate) fn of(context: &PageContext<'_>, notice: Notice) -> Self {
        let PageContext { request, link, account, .. } = *context;
        let terms = request.terms();
        let (status_code, notice, draft) = match notice {
            Notice::None => (200, None, String::new()),
            Notice::Recorded(verdict) => {
                (200, Some(format!("Your {} is recorded.", verdict.as_yes_no())), String::new())
            }
            Notice::Mistake(Mistake { says, draft }) => (422, Some(says), draft),
            Notice::Refused(text, draft) => {
                (409, Some(format!("Your answer was not taken: {text}.")), draft)
            }
        };
        Self {
            style: crate::STYLE,
            heading: status_text::heading(request),
            notice,
            draft,
            status_code,
            status: request.status(),
            standing: status_text::of(context),
            title: terms.title.clone(),
            entitlement: terms.entitlement.to_string(),
            requester: terms.requester.to_string(),
            approver: link.approver.to_string(),
            reason: terms.reason.as_str().to_owned(),
            ticket: terms.ticket.as_ref().map(ToString::to_string),
            extends: terms.extends.as_ref().map(ToString::to_string),
            lasting: terms.lasting.clone(),
            duration: format!(
                "{}, {}",
                wording::duration(terms.duration),
                status_text::start(context)
            ),
            asked: context.when(request.asked_at()),
            deadline: deadline(context),
            place: format!("account {account}, as {}", wording::acts_as(&terms.grant)),
            clauses: wording::clauses(&terms.grant),
            policy: indented(&terms.grant.text()),
            ending: wording::ending(&terms.grant),
            digest: terms.grant.digest().to_string(),
            version: request.version(),
            steps: steps(request),
            decisions: answers(request)
                .map(|decision| DecisionLine::of(decision, context))
                .collect(),
            question: question(context),
        }
    }
}

fn deadline(context: &PageContext<'_>) -> Option<(&'static str, String)> {
    let request = context.request;
    let (label, at) = match &request.terms().approval {
        Approval::People { .. } if request.status().awaits_decision() => {
            ("Decide until", request.decide_by()?)
        }
        Approval::BreakGlass { review_by, .. } => ("Review until", *review_by),
        Approval::People { .. } | Approval::Rule => return None,
    };
    Some((label, context.when(at)))
}

fn steps(request: &Request) -> Vec<StepLine> {
    let Approval::People { steps, .. } = &request.terms().approval else { return Vec::new() };
    let seated = steps.seat(request.approved_by());
    let line = |(step, yes): (&domain::request::Step, Vec<_>)| StepLine {
        name: step.name.clone(),
        yes: yes.len(),
        quorum: step.quorum,
        approvers: few(&step.approvers),
    };
    steps.0.iter().zip(seated).map(line).collect()
}

/// The people by name, or their number if they are more than six.
fn few(people: &BTreeSet<Person>) -> String {
    if people.len() > 6 {
        return format!("any of {} people", people.len());
    }
    wording::list_of(people.iter().map(Person::as_str))
}

/// The decisions on the request, and that of its review.
fn answers(request: &Request) -> impl Iterator<Item = &Decision> {
    let review = match request.review() {
        Some(Review::Done(review)) => Some(review),
        Some(Review::Open { .. } | Review::Overdue { .. }) | None => None,
    };
    request.decisions().iter().chain(review)
}

/// The question to this approver, or `None` if no answer of theirs is wanted any more.
fn question(context: &PageContext<'_>) -> Option<Question> {
    let (request, approver) = (context.request, &context.link.approver);
    let (approve, deny) = match request.review() {
        Some(Review::Open { .. } | Review::Overdue { .. }) => ("It was in order", "It was not"),
        Some(Review::Done(_)) => return None,
        None => {
            let answered = answers(request).any(|decision| decision.answer.by == *approver);
            if !request.status().awaits_decision() || answered {
                return None;
            }
            ("Approve", "Deny")
        }
    };
    if request.terms().sign_in && *context.visitor != Visitor::Addressee {
        let notice = match context.visitor {
            Visitor::SomebodyElse(other) => Some(format!(
                "You are signed in as {other}. This link is for {approver}, and nobody else can \
                 answer from it."
            )),
            Visitor::SignInProblem(unproven) => unproven.advice().map(str::to_owned),
            Visitor::Holder | Visitor::Addressee => None,
        };
        let (path, id) = (context.sign_in.clone(), request.id().to_string());
        return Some(Question::SignIn { path, notice, id });
    }
    let (yes, least) = (status_text::if_yes(context), Reason::LEAST_CHARS);
    Some(Question::Answer { approve, deny, yes, least })
}

impl DecisionLine {
    fn of(decision: &Decision, context: &PageContext<'_>) -> Self {
        Self {
            by: decision.answer.by.to_string(),
            said: decision.verdict.as_yes_no(),
            reason: decision.answer.reason.as_str().to_owned(),
            at: context.when(decision.at),
        }
    }
}

fn indented(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| json.to_owned())
}
