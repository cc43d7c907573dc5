//! The kinds of mail, each with its reason.

use std::collections::BTreeSet;

use domain::{
    request::{Statement, Verdict},
    value::Person,
};

/// The reason for a mail to its addressee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailKind<'e> {
    /// The addressee may decide, and is asked to.
    DecisionNeeded,
    /// The addressee was asked, and has not answered.
    DecisionReminder,
    /// The request was escalated to the addressee, who may decide.
    EscalatedDecision,
    /// The addressee has to review an access that was opened in an emergency.
    ReviewNeeded,
    /// The review was not done in time.
    ReviewReminder,
    /// Access was opened in an emergency, and the addressee is informed.
    BreakGlassNotice,
    /// The request was escalated to the addressee, who may not decide.
    EscalationNotice,
    /// The addressee was asked, and others settled the request.
    HandledByOthers(Handled<'e>),
    /// An answer was recorded in the addressee's name, by link or after sign-in.
    AnswerReceipt(Verdict, &'e Statement),
    /// The addressee's request was passed on to its approvers.
    RequestReceived,
    /// The addressee's request was escalated to these people, because it is not decided yet.
    StillWaiting(&'e BTreeSet<Person>),
    /// One approver said yes, and more have to.
    MoreApprovalsNeeded(&'e Statement),
    /// The request was approved, and access opens later.
    AccessScheduled,
    /// The request was denied.
    AccessDenied(&'e Statement),
    /// The request expired: it was not decided in time.
    RequestExpired,
    /// Access is open.
    AccessOpened,
    /// Access ends soon.
    AccessEnding,
    /// Access was closed early.
    AccessRevoked(&'e Statement),
    /// Access has ended.
    AccessEnded,
    /// Access could not be opened.
    AccessFailed,
    /// An access that the addressee opened in an emergency has been reviewed.
    ReviewDone,
}

impl MailKind<'_> {
    /// Whether the mail asks for an answer, and so carries a link.
    pub(crate) fn wants_an_answer(self) -> bool {
        match self {
            Self::DecisionNeeded
            | Self::DecisionReminder
            | Self::EscalatedDecision
            | Self::ReviewNeeded
            | Self::ReviewReminder => true,
            Self::BreakGlassNotice
            | Self::EscalationNotice
            | Self::HandledByOthers(_)
            | Self::AnswerReceipt(..)
            | Self::RequestReceived
            | Self::StillWaiting(_)
            | Self::MoreApprovalsNeeded(_)
            | Self::AccessScheduled
            | Self::AccessDenied(_)
            | Self::RequestExpired
            | Self::AccessOpened
            | Self::AccessEnding
            | Self::AccessRevoked(_)
            | Self::AccessEnded
            | Self::AccessFailed
            | Self::ReviewDone => false,
        }
    }

    /// Whether mails of this kind about several requests of one person share one.
    pub(crate) fn may_be_bundled(self) -> bool {
        match self {
            Self::DecisionNeeded | Self::DecisionReminder => true,
            Self::EscalatedDecision
            | Self::ReviewNeeded
            | Self::ReviewReminder
            | Self::BreakGlassNotice
            | Self::EscalationNotice
            | Self::HandledByOthers(_)
            | Self::AnswerReceipt(..)
            | Self::RequestReceived
            | Self::StillWaiting(_)
            | Self::MoreApprovalsNeeded(_)
            | Self::AccessScheduled
            | Self::AccessDenied(_)
            | Self::RequestExpired
            | Self::AccessOpened
            | Self::AccessEnding
            | Self::AccessRevoked(_)
            | Self::AccessEnded
            | Self::AccessFailed
            | Self::ReviewDone => false,
        }
    }
}

/// The way in which a request was handled without the addressee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handled<'e> {
    /// Others approved the request.
    Approved(&'e Statement),
    /// Another approver denied the request.
    Denied(&'e Statement),
    /// The requester took the request back.
    Cancelled,
    /// Another reviewer did the review.
    Reviewed(Verdict, &'e Statement),
}
