//! `notify`: writes to the people a request concerns.
//!
//! Triggered by the event bus. It decides nothing. Mail goes to addresses of the
//! directory as pinned on the request, never to one that came with an event. An
//! event delivered twice may send a mail twice; both links then work, and still
//! only one answer per approver counts.

mod mail;

use domain::{Person, Request, RequestId, Status};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service::{
    Fault, Link, LinkToken,
    ports::{Links, Mailer, Store},
};

/// What the bus says: which request, and what happened to it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    /// The request.
    pub request: RequestId,
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
        let Some(request) = self.store.load(&told.request).await? else {
            tracing::warn!(request.id = %told.request, "told of a request that is not there");
            return Ok(());
        };
        if told.r#type != "asked" {
            let Some(mail) = mail::to_requester(&told.r#type, &request) else { return Ok(()) };
            return self.mailer.send(&mail).await;
        }
        // A late delivery must not ask for a decision that was made.
        if request.status() != Status::Pending || request.ask().decide_by <= now {
            return Ok(());
        }
        let mut failed = Ok(());
        for approver in &request.ask().approvers {
            let token = LinkToken::from_random(request.id().clone(), draw()?);
            // One address that cannot be reached keeps no other from hearing of it.
            if let Err(fault) = self.ask(approver, &request, &token).await {
                failed = Err(fault);
            }
        }
        failed
    }

    async fn ask(
        &self,
        approver: &Person,
        request: &Request,
        token: &LinkToken,
    ) -> Result<(), Fault> {
        let link = Link {
            digest: token.digest(),
            request: request.id().clone(),
            approver: approver.clone(),
            expires_at: request.ask().decide_by,
        };
        // The link is on record before anybody can follow it.
        self.links.record(&link).await?;
        let url = format!("{}/approvals/{}", self.base_url, token.reveal());
        self.mailer.send(&mail::to_approver(approver, request, &url)).await
    }
}
