//! The words of the mails.
//!
//! The free text of a person stands on a line of its own, in the body only: never
//! in a header, and never where it could pass for our words.

use domain::{Approval, Person, Request, Review, State, Verdict};
use service::ports::Mail;

/// The mail that asks for an answer: a decision, or a review of what was opened
/// without one. One link, and no verdict in it.
pub(crate) fn to_approver(approver: &Person, request: &Request, url: &str) -> Mail {
    let ask = request.ask();
    let (subject, opening, wish) = match (&ask.approval, request.review()) {
        (Approval::BreakGlass { .. }, Some(Review::Overdue { review_by })) => (
            "broke glass, review overdue",
            format!("broke glass, and the review has been overdue since {}.", readable(*review_by)),
            "Look at it, and say whether it was in order:".to_owned(),
        ),
        (Approval::BreakGlass { review_by, .. }, _) => (
            "broke glass",
            "has opened access in an emergency, without being asked first.".to_owned(),
            format!("Look at it, and say until {} whether it was in order:", readable(*review_by)),
        ),
        (Approval::People { decide_by, .. }, _) => (
            "asks",
            "asks for access.".to_owned(),
            format!("Look at it and decide, until {}:", readable(*decide_by)),
        ),
        (Approval::Rule, _) => ("asks", "asks for access.".to_owned(), "Look at it:".to_owned()),
    };
    let start = match ask.starts_at {
        Some(starts_at) => format!("from {} on", readable(starts_at)),
        None if matches!(ask.approval, Approval::BreakGlass { .. }) => {
            format!("from {} on", readable(request.asked_at()))
        }
        None => "from the moment it is approved".to_owned(),
    };
    let ticket = ask.ticket.iter().map(|ticket| format!("Ticket    {ticket}\n"));
    let text = format!(
        "{requester} {opening}\n\n\
         What      {title} ({entitlement})\n\
         How long  {duration}, {start}\n\
         Why       {reason}\n\
         {ticket}\n\
         {wish}\n\n\
         {url}\n\n\
         Whoever has this link can answer in your name. Do not forward this mail.\n\
         Request {id}\n",
        requester = ask.requester,
        title = ask.title,
        entitlement = ask.entitlement,
        duration = ask.duration.friendly(),
        reason = ask.reason.as_str(),
        ticket = ticket.collect::<String>(),
        id = request.id(),
    );
    Mail {
        to: approver.clone(),
        subject: format!("{} {subject}: {}", ask.requester, ask.title),
        text,
    }
}

/// The mail to somebody who would have been asked first, had there been time.
pub(crate) fn to_told(person: &Person, request: &Request) -> Mail {
    let ask = request.ask();
    let reviewers: Vec<_> = ask.approval.people().iter().map(ToString::to_string).collect();
    let text = format!(
        "{} has opened access in an emergency, without being asked first:\n\n    {}\n\n\
         {} will review it.\n\n{} ({})\nRequest {}\n",
        ask.requester,
        ask.reason.as_str(),
        reviewers.join(", "),
        ask.title,
        ask.entitlement,
        request.id()
    );
    Mail {
        to: person.clone(),
        subject: format!("{} broke glass: {}", ask.requester, ask.title),
        text,
    }
}

/// The mail that tells the requester what became of it, for the events that
/// change something for them.
pub(crate) fn to_requester(event: &str, request: &Request) -> Option<Mail> {
    let ask = request.ask();
    let (subject, text) = match (event, request.state()) {
        ("activated", State::Active { window }) => {
            let until = format!("until {}. It closes by itself.", readable(window.ends_at()));
            let text = match ask.starts_at {
                Some(starts_at) => format!("You have access from {} {until}", readable(starts_at)),
                None => format!("You have access {until}"),
            };
            ("Access is open", text)
        }
        ("scheduled", State::Scheduled { window }) => (
            "Access is approved",
            format!(
                "It opens by itself at {} and closes at {}.",
                readable(window.starts_at()),
                readable(window.ends_at())
            ),
        ),
        ("reviewed", _) => {
            let Some(Review::Done(review)) = request.review() else { return None };
            let (by, reason) = (&review.answer.by, review.answer.reason.as_str());
            let found = match review.verdict {
                Verdict::Approve => "it was in order",
                Verdict::Deny => "it was not in order",
            };
            ("Your emergency access was reviewed", format!("{by} says {found}:\n\n    {reason}"))
        }
        ("denied", State::Denied) => {
            let denied = request.decisions().last()?;
            let (by, reason) = (&denied.answer.by, denied.answer.reason.as_str());
            ("Access was denied", format!("{by} said no:\n\n    {reason}"))
        }
        ("expired", State::Expired) => (
            "Nobody decided in time",
            format!(
                "Nobody decided until {}. You can ask again.",
                readable(ask.approval.decide_by()?)
            ),
        ),
        ("ended", State::Ended { window }) => (
            "Access is closed",
            format!("Your access ended at {}, as was fixed.", readable(window.ends_at())),
        ),
        ("failed", State::Failed { cause }) => {
            ("Access could not be opened", format!("It could not be opened: {}.", cause.advice()))
        }
        _ => return None,
    };
    Some(Mail {
        to: ask.requester.clone(),
        subject: format!("{subject}: {}", ask.title),
        text: format!("{text}\n\n{} ({})\nRequest {}\n", ask.title, ask.entitlement, request.id()),
    })
}

fn readable(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
