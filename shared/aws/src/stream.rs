//! Batches of the requests table's stream.
//!
//! A record that cannot be handled is reported by its sequence number. Lambda
//! then delivers again from the first reported one on, so records may come twice:
//! handling one must be harmless twice (law 16).

use aws_lambda_events::{
    event::dynamodb::{Event, EventRecord},
    streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use serde::Deserialize;
use service::Fault;

use crate::telemetry::with_causes;

/// What both kinds of row carry: the value itself, as it was written.
#[derive(Deserialize)]
struct Image {
    body: String,
}

/// What to do with the rest of a batch after a record that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// Try the others too: one must not hold up another.
    GoOn,
    /// Leave the others for the next delivery: they would only be told twice.
    Stop,
}

/// Handles each new row's `body` in turn.
pub async fn each<T>(
    event: Event,
    after_failure: AfterFailure,
    read: impl Fn(&str) -> Result<T, Fault>,
    handle: impl AsyncFn(T) -> Result<(), Fault>,
) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    for record in event.records {
        let sequence = record.change.sequence_number.clone().unwrap_or_default();
        let outcome = match body(record).and_then(|body| read(&body)) {
            Ok(value) => handle(value).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = outcome {
            tracing::error!(
                sequence,
                cause = with_causes(&fault),
                "a stream record was not handled and will be delivered again"
            );
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(sequence);
            response.batch_item_failures.push(failure);
            if after_failure == AfterFailure::Stop {
                break;
            }
        }
    }
    response
}

fn body(record: EventRecord) -> Result<String, Fault> {
    let image: Image = serde_dynamo::from_item(record.change.new_image)
        .map_err(|error| Fault::new("read a stream record", error))?;
    Ok(image.body)
}
