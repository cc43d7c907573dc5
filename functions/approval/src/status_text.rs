//! The status of a request, and the consequence of a yes, in sentences.

use domain::{
    request::{Approval, Request, State, Verdict},
    value::Window,
};

use crate::context::PageContext;

/// The heading: the requester, and what they did.
pub(crate) fn heading(request: &Request) -> String {
    let did = match request.terms().approval {
        Approval::People { .. } | Approval::Rule => "asks for access",
        Approval::BreakGlass { .. } => "opened access in an emergency",
    };
    format!("{} {did}: {}", request.terms().requester, request.terms().title)
}

/// The status of the request, and what it means.
pub(crate) fn of(context: &PageContext<'_>) -> String {
    let request = context.request;
    let by = |verdict: Verdict| {
        let decision = request.decisions().iter().rfind(|decision| decision.verdict == verdict);
        decision.map(|decision| decision.answer.by.to_string()).unwrap_or_default()
    };
    let until = |window: &Window| {
        format!(
            "from {} until {}",
            context.when(window.starts_at()),
            context.when(window.ends_at())
        )
    };
    match request.state() {
        State::Pending { .. } => "It waits for an answer.".to_owned(),
        State::Denied => format!("{} said no. Nothing was opened.", by(Verdict::Deny)),
        State::Cancelled => {
            format!("{} took it back. There is nothing to decide.", request.terms().requester)
        }
        State::Expired => "Nobody decided in time. Nothing was opened.".to_owned(),
        State::Scheduled { window } => format!("It is approved, and opens {}.", until(window)),
        State::Activating { window } => {
            format!("It is approved, and opens now, {}.", until(window))
        }
        State::Active { window, .. } => format!("Access is open, {}.", until(window)),
        State::Revoking { since, .. } | State::Revoked { since, .. } => {
            format!("It was closed early, at {}.", context.when(*since))
        }
        State::Ended { window } => format!("Access was open, {}. It is closed.", until(window)),
        State::Failed { .. } => "It was approved and could not be opened.".to_owned(),
    }
}

/// The start of the access, in words.
pub(crate) fn start(context: &PageContext<'_>) -> String {
    let request = context.request;
    match (request.terms().starts_at, &request.terms().approval) {
        (Some(starts_at), _) => format!("from {} on", context.when(starts_at)),
        (None, Approval::People { .. }) => "from the moment it is approved".to_owned(),
        (None, Approval::Rule | Approval::BreakGlass { .. }) => {
            format!("from {} on", context.when(request.asked_at()))
        }
    }
}

/// The consequence of a yes of this reader, if it came now.
pub(crate) fn if_yes(context: &PageContext<'_>) -> String {
    let request = context.request;
    let Approval::People { steps, .. } = &request.terms().approval else {
        return "Your answer changes nothing about the access; it goes on record.".to_owned();
    };
    if !steps.are_met_by(request.approved_by().chain([&context.link.approver])) {
        return "After your yes, others still have to agree.".to_owned();
    }
    let window = request.window_if_approved(context.now);
    let [starts_at, ends_at] = [window.starts_at(), window.ends_at()].map(|at| context.when(at));
    if context.now < window.starts_at() {
        format!("With your yes it opens at {starts_at}, and closes at {ends_at}.")
    } else {
        format!("With a yes of yours now, it opens at once and closes at {ends_at}.")
    }
}
