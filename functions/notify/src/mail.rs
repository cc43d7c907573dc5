//! The words of the mails.
//!
//! The free text of a person stands on a line of its own, in the body only: never
//! in a header, and never where it could pass for our words.

use domain::{Person, Request, State};
use service::ports::Mail;

/// The mail that asks for a decision. One link, and no verdict in it.
pub(crate) fn to_approver(approver: &Person, request: &Request, url: &str) -> Mail {
    let ask = request.ask();
    let text = format!(
        "{requester} asks for access.\n\n\
         What      {title} ({entitlement})\n\
         How long  {duration}, from the moment it is approved\n\
         Why       {reason}\n\n\
         Look at it and decide, until {decide_by}:\n\n\
         {url}\n\n\
         Whoever has this link can answer in your name. Do not forward this mail.\n\
         Request {id}\n",
        requester = ask.requester,
        title = ask.title,
        entitlement = ask.entitlement,
        duration = ask.duration.friendly(),
        reason = ask.reason.as_str(),
        decide_by = readable(ask.decide_by),
        id = request.id(),
    );
    Mail { to: approver.clone(), subject: format!("{} asks: {}", ask.requester, ask.title), text }
}

/// The mail that tells the requester what became of it, for the events that
/// change something for them.
pub(crate) fn to_requester(event: &str, request: &Request) -> Option<Mail> {
    let ask = request.ask();
    let (subject, text) = match (event, request.state()) {
        ("activated", State::Active { window }) => (
            "Access is open",
            format!("You have access until {}. It closes by itself.", readable(window.ends_at())),
        ),
        ("denied", State::Denied) => {
            let denied = request.decisions().last()?;
            let (by, reason) = (&denied.answer.by, denied.answer.reason.as_str());
            ("Access was denied", format!("{by} said no:\n\n    {reason}"))
        }
        ("expired", State::Expired) => (
            "Nobody decided in time",
            format!("Nobody decided until {}. You can ask again.", readable(ask.decide_by)),
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
