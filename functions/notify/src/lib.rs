//! `notify`: writes to the people a request concerns.
//!
//! Triggered by the event bus. It decides nothing. Mail goes to addresses of the
//! directory as pinned on the request, never to one that came with an event. An
//! event delivered twice may send a mail twice; both links then work, and still
//! only one answer per approver counts.

mod mail;

use domain::{Approval, Person, Request, RequestId, Review, Status};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use service::{
    Fault, Link, LinkToken,
    ports::{Links, Mailer, Store},
};

/// How long after it became overdue a review can still be done from its link.
const PATIENCE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What the bus says: which request, and what happened to it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    /// The request; none for what happened to the rules.
    pub request: Option<RequestId>,
    /// The name of the event.
    pub r#type: String,
}

/// What `notify` works with.
pub struct Notify<S, L, M> {
    /// Where requests are.
    pub store: S,
    /// Where links are kept.
    pub links: L,
    /// Who carries the mail.
    pub mailer: M,
    /// What links start with.
    pub base_url: String,
}

impl<S: Store, L: Links, M: Mailer> Notify<S, L, M> {
    /// Writes to those whom this event concerns. `draw` gives the secret bytes of
    /// each link.
    pub async fn handle(
        &self,
        told: Told,
        now: Timestamp,
        draw: impl Fn() -> Result<[u8; 32], Fault>,
    ) -> Result<(), Fault> {
        let Some(id) = told.request else { return Ok(()) };
        let Some(request) = self.store.load(&id).await? else {
            tracing::warn!(request.id = %id, "told of a request that is not there");
            return Ok(());
        };
        match told.r#type.as_str() {
            "asked" => {
                let asked = self.ask_all(&request, now, draw).await;
                self.tell_all(&request).await.and(asked)
            }
            "review_overdue" => self.ask_all(&request, now, draw).await,
            happened => match mail::to_requester(happened, &request) {
                Some(mail) => self.mailer.send(&mail).await,
                None => Ok(()),
            },
        }
    }

    /// Writes to everybody who can answer, if an answer is still wanted: a late
    /// delivery must not ask for a decision that was made.
    async fn ask_all(
        &self,
        request: &Request,
        now: Timestamp,
        draw: impl Fn() -> Result<[u8; 32], Fault>,
    ) -> Result<(), Fault> {
        let Some(expires_at) = wanted_until(request).filter(|until| now < *until) else {
            return Ok(());
        };
        let mut failed = Ok(());
        for person in request.ask().approval.people() {
            let token = LinkToken::from_random(request.id().clone(), draw()?);
            // One address that cannot be reached keeps no other from hearing of it.
            if let Err(fault) = self.ask(person, request, (&token, expires_at)).await {
                failed = Err(fault);
            }
        }
        failed
    }

    /// Writes to everybody else who hears of broken glass.
    async fn tell_all(&self, request: &Request) -> Result<(), Fault> {
        let Approval::BreakGlass { told, .. } = &request.ask().approval else { return Ok(()) };
        let mut failed = Ok(());
        for person in told {
            if let Err(fault) = self.mailer.send(&mail::to_told(person, request)).await {
                failed = Err(fault);
            }
        }
        failed
    }

    async fn ask(
        &self,
        approver: &Person,
        request: &Request,
        (token, expires_at): (&LinkToken, Timestamp),
    ) -> Result<(), Fault> {
        let link = Link {
            digest: token.digest(),
            request: request.id().clone(),
            approver: approver.clone(),
            expires_at,
        };
        // The link is on record before anybody can follow it.
        self.links.record(&link).await?;
        let url = format!("{}/approvals/{}", self.base_url, token.reveal());
        self.mailer.send(&mail::to_approver(approver, request, &url)).await
    }
}

/// Until when an answer to this request is worth something, if one is wanted.
fn wanted_until(request: &Request) -> Option<Timestamp> {
    match (&request.ask().approval, request.review()) {
        (Approval::People { decide_by, .. }, _) => {
            (request.status() == Status::Pending).then_some(*decide_by)
        }
        (_, Some(Review::Open { review_by } | Review::Overdue { review_by })) => {
            Some(review_by.checked_add(PATIENCE).unwrap_or(Timestamp::MAX))
        }
        (Approval::Rule | Approval::BreakGlass { .. }, Some(Review::Done(_)) | None) => None,
    }
}
