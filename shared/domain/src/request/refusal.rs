//! Answers that say no, each with its reason.

use jiff::Timestamp;
use thiserror::Error;

use super::{state::Status, statement::Verdict};
use crate::{
    grant::Principal,
    value::{EntitlementId, Person, RequestId},
};

/// Why a command does not go through. An answer for the person who gave it, not
/// a failure of ours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The request to be extended is over, or is for another entitlement.
    #[error("{id} is {status}, and only open access to the same thing can be extended; ask anew")]
    NotExtendable {
        /// The id of that request.
        id: RequestId,
        /// The status of that request.
        status: Status,
    },
    /// There is an end to what one person has under way.
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
        /// For what.
        entitlement: EntitlementId,
    },
    /// There is an end to how often one person breaks glass.
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
    /// Not one of those who may decide.
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
    /// The request was decided, or is being closed, so that this comes too late.
    #[error("the request is {status} already")]
    AlreadyDecided {
        /// Its state.
        status: Status,
    },
    /// A request that nobody has approved cannot be closed early.
    #[error("it is not approved yet; cancel it, or deny it")]
    NotApproved,
    /// Credentials are given out while a request is active.
    #[error("credentials are given out while a request is active; this one is {status}")]
    NotOpen {
        /// Its state.
        status: Status,
    },
    /// It is granted in IAM, to a principal that has credentials.
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
    /// There is an end to how often credentials are given out.
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
        /// As the rules have it.
        given: Principal,
        /// As IAM has it.
        own: Principal,
    },
    /// IAM takes no more policies of this kind.
    #[error(
        "{principal} has no room for another policy; give something back, or ask an administrator"
    )]
    QuotaExceeded {
        /// The person.
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
    /// The link alone is not enough for this one.
    #[error("this takes a sign-in, and the link alone is none")]
    SignInNeeded,
    /// It explains nothing.
    #[error("a reason has at least {least} characters; say why")]
    ShortReason {
        /// The number that is needed.
        least: usize,
    },
    /// Law 10: what was shown is not what is on record.
    #[error("what you were shown is not what is on record; look at the request again")]
    Stale,
    /// Only the requester takes a request back.
    #[error("only {requester} can cancel this request")]
    NotYours {
        /// The person it belongs to.
        requester: Person,
    },
    /// The rules name too few people besides the requester.
    #[error("nobody but you could approve this; ask an administrator to name more approvers")]
    NobodyCanApprove,
}
