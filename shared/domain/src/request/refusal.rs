//! Refusals of a command, each with its reason.

use jiff::Timestamp;
use thiserror::Error;

use super::{state::Status, statement::Verdict};
use crate::{
    grant::Principal,
    value::{EntitlementId, Person, RequestId},
};

/// The reason why a command is refused. It is an answer for the person who gave the command, not a
/// failure of ours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The request to be extended is not open or about to open, or is of another person or for
    /// another entitlement.
    #[error("{id} is {status}, and only open access to the same thing can be extended; ask anew")]
    NotExtendable {
        /// The id of that request.
        id: RequestId,
        /// The status of that request.
        status: Status,
    },
    /// The person has too many outstanding requests.
    #[error("you have {most} requests that are not over; cancel one, give one back, or wait")]
    TooMany {
        /// The limit.
        most: usize,
    },
    /// The person has too many outstanding requests for this entitlement.
    #[error(
        "you have {most} requests for `{entitlement}` that are not over; cancel one, give one \
         back, or wait"
    )]
    TooManyOf {
        /// The limit.
        most: usize,
        /// The entitlement.
        entitlement: EntitlementId,
    },
    /// The person has broken glass too often within a day.
    #[error(
        "you have broken glass {most} times within a day; ask without it, or let somebody else \
         break it"
    )]
    BreakGlassTooOften {
        /// The limit.
        most: usize,
    },
    /// Law 9: nobody decides their own request.
    #[error("you cannot decide your own request")]
    OwnRequest,
    /// The person is not one of those who may decide.
    #[error("you are not an approver of this request")]
    NotAnApprover,
    /// Law 9: one decision per approver.
    #[error("you already answered {} at {at}", .verdict.as_yes_no())]
    AlreadyAnswered {
        /// The answer on record.
        verdict: Verdict,
        /// The time of that answer.
        at: Timestamp,
    },
    /// The request is in a final state.
    #[error("the request is {status} already")]
    AlreadyFinal {
        /// The status of the request.
        status: Status,
    },
    /// The request was decided, or is being closed, so the command comes too late.
    #[error("the request is {status} already")]
    AlreadyDecided {
        /// The status of the request.
        status: Status,
    },
    /// A request that nobody has approved cannot be closed early.
    #[error("it is not approved yet; cancel it, or deny it")]
    NotApproved,
    /// The request is not active, so no credentials are given out.
    #[error("credentials are given out while a request is active; this one is {status}")]
    NotOpen {
        /// The status of the request.
        status: Status,
    },
    /// The access is granted in IAM, to a principal that has its own credentials.
    #[error("there are no credentials to give out: it is open to you as you are")]
    NoSession,
    /// Its window is still to come.
    #[error("it opens at {starts_at}")]
    NotOpenYet {
        /// The start of the window.
        starts_at: Timestamp,
    },
    /// Its window has passed.
    #[error("it was over at {ended_at}")]
    WindowOver {
        /// The end of the window.
        ended_at: Timestamp,
    },
    /// The history of the request is too long for more credentials.
    #[error("credentials were given out for it too often; ask anew")]
    TooManySessions,
    /// The principal that would get access does not exist in IAM.
    #[error("there is no {principal}; ask an administrator to look at the rules")]
    NoPrincipal {
        /// The name of the principal.
        principal: Principal,
    },
    /// The name in IAM differs in case, and IAM does not tell such names apart.
    #[error("IAM knows {given} as {own}; ask an administrator to write it so in the rules")]
    NameDiffers {
        /// The name in the rules.
        given: Principal,
        /// The name in IAM.
        own: Principal,
    },
    /// IAM takes no more policies of this kind on this user or role.
    #[error(
        "{principal} has no room for another policy; give something back, or ask an administrator"
    )]
    QuotaExceeded {
        /// The IAM user or role.
        principal: Principal,
    },
    /// Another person has reviewed it.
    #[error("{by} has reviewed it already")]
    Reviewed {
        /// The reviewer.
        by: Person,
    },
    /// Law 5: the deadline has passed.
    #[error("it was too late to decide from {decide_by} on")]
    TooLate {
        /// The first instant that was too late.
        decide_by: Timestamp,
    },
    /// This request needs a sign-in, and the answer came by the link alone.
    #[error("this takes a sign-in, and the link alone is none")]
    SignInNeeded,
    /// The reason is too short to explain anything.
    #[error("a reason has at least {least} characters; say why")]
    ShortReason {
        /// The smallest number of visible characters.
        least: usize,
    },
    /// Law 10: the answer was to another grant or version than the one on record.
    #[error("what you were shown is not what is on record; look at the request again")]
    Stale,
    /// Only the requester may cancel a request, or get its credentials.
    #[error("only {requester} can cancel this request")]
    NotYours {
        /// The requester.
        requester: Person,
    },
    /// The rules name too few people besides the requester.
    #[error("nobody but you could approve this; ask an administrator to name more approvers")]
    NobodyCanApprove,
}
