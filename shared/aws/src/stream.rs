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

/// Handles each new row's `body` in turn. One that fails holds up no other.
pub async fn each<T>(
    event: Event,
    read: impl Fn(&str) -> Result<T, Fault>,
    handle: impl AsyncFn(T) -> Result<(), Fault>,
) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    for record in event.records {
        let sequence = sequence(&record);
        let outcome = match body(record).and_then(|body| read(&body)) {
            Ok(value) => handle(value).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = outcome {
            again_from(&mut response, sequence, &fault);
        }
    }
    response
}

/// Handles the `body`s of all new rows together, up to the first that cannot be read.
/// What could not be handled is delivered again, from the first of it on: `handle` says
/// how many were done.
pub async fn all<T>(
    event: Event,
    read: impl Fn(&str) -> Result<T, Fault>,
    handle: impl AsyncFn(Vec<T>) -> Result<(), (usize, Fault)>,
) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    let (mut values, mut sequences, mut unread) = (Vec::new(), Vec::new(), None);
    for record in event.records {
        sequences.push(sequence(&record));
        match body(record).and_then(|body| read(&body)) {
            Ok(value) => values.push(value),
            Err(fault) => {
                unread = Some((values.len(), fault));
                break;
            }
        }
    }
    if let Some((done, fault)) = handle(values).await.err().or(unread) {
        again_from(&mut response, sequences.get(done).cloned().unwrap_or_default(), &fault);
    }
    response
}

fn again_from(response: &mut DynamoDbEventResponse, sequence: String, fault: &Fault) {
    tracing::error!(
        sequence,
        cause = with_causes(fault),
        "a stream record was not handled and will be delivered again"
    );
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(sequence);
    response.batch_item_failures.push(failure);
}

fn sequence(record: &EventRecord) -> String {
    record.change.sequence_number.clone().unwrap_or_default()
}

fn body(record: EventRecord) -> Result<String, Fault> {
    let image: Image = serde_dynamo::from_item(record.change.new_image)
        .map_err(|error| Fault::new("read a stream record", error))?;
    Ok(image.body)
}
