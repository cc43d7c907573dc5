//! `grant`: opens access the moment it is approved.
//!
//! The stream of the requests table triggers it, for requests that need a change in IAM. The record
//! in the stream only says where to look: the work follows from the present state of the request.

use aws::telemetry;
use domain::request::{Request, Status};
use jiff::Timestamp;
use service::{
    Error, Fault, Worker,
    ports::{Attachments, IamWrite, Rulebook, Store},
};

/// Makes IAM match one request, and returns its status. The answer is `None` if the request refuses
/// or is gone, because then there is nothing left to do, and if its history cannot be proven.
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
        // A retry would prove nothing either. The sweep counts the request for the alarm.
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
