//! `grant`: opens access the moment it is approved.
//!
//! Triggered by the requests table's stream, for requests that want something
//! done in IAM. The record in the stream only says where to look: what is done
//! follows from the request as it stands now.

use aws::telemetry;
use domain::request::{Request, Status};
use jiff::Timestamp;
use service::{
    Error, Fault, Worker,
    ports::{Attachments, IamWrite, Rulebook, Store},
};

/// Makes IAM match one request, and says where it stands then. What the request itself
/// refuses, or what is gone, is no failure: there is nothing left to do.
pub async fn handle(
    worker: Worker<'_, impl Store + Attachments, impl IamWrite, impl Rulebook>,
    seen: &Request,
    now: Timestamp,
) -> Result<Option<Status>, Fault> {
    telemetry::about(seen.id());
    match worker.settle(seen.id(), now).await {
        Ok(request) => {
            let status = request.status();
            tracing::info!(request.id = %request.id(), %status, "request is {status}");
            Ok(Some(status))
        }
        Err(Error::Fault(fault)) => Err(fault),
        // Trying again proves nothing either; the sweep counts it for the alarm.
        Err(error @ Error::Unproven(_)) => {
            tracing::error!(request.id = %seen.id(), "nothing is opened: {error}");
            Ok(None)
        }
        Err(error @ Error::Contended) => Err(Fault::new("settle request", error).on(seen.id())),
        Err(
            error @ (Error::Refused(_)
            | Error::Denied(_)
            | Error::NotFound
            | Error::NotMinted { .. }
            | Error::KeyReused),
        ) => {
            tracing::warn!(request.id = %seen.id(), "nothing to do: {error}");
            Ok(None)
        }
    }
}
