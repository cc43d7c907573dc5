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
use service::{Fault, ports::Aside};

use crate::telemetry::with_causes;

/// A row as it was written: its keys, and its value.
#[derive(Debug, Deserialize)]
pub struct Written {
    /// Its partition key.
    pub pk: String,
    /// Its sort key.
    pub sk: String,
    /// The value.
    pub body: String,
}

/// Handles each new row in turn. A row that fails does not hold up the others. A row that cannot be
/// read will not be readable later: it is logged, and not delivered again.
pub async fn each<T>(
    event: Event,
    read: impl Fn(&Written) -> Result<T, Fault>,
    handle: impl AsyncFn(T) -> Result<(), Fault>,
) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    for record in event.records {
        let sequence = sequence(&record);
        let Ok(value) = value(record, &read) else { continue };
        if let Err(fault) = handle(value).await {
            again_from(&mut response, sequence, &fault);
        }
    }
    response
}

/// Handles all new rows together. `handle` gets the values, and the rows that could not be read. If it
/// fails, it returns the number of values that it has handled, and the rows after
/// those are delivered again.
pub async fn all<T>(
    event: Event,
    read: impl Fn(&Written) -> Result<T, Fault>,
    handle: impl AsyncFn(Vec<T>, Vec<Aside>) -> Result<(), (usize, Fault)>,
) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    let (mut values, mut sequences, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    let mut first = None;
    for record in event.records {
        let (sequence, row) = (sequence(&record), key_of(&record));
        first.get_or_insert_with(|| sequence.clone());
        match value(record, &read) {
            Ok(value) => {
                values.push(value);
                sequences.push(sequence);
            }
            Err(fault) => unread.push(Aside { row, cause: with_causes(&fault) }),
        }
    }
    if let Err((done, fault)) = handle(values, unread).await {
        // Rows that could not be read are before the first value as well.
        let from = if done == 0 { first } else { sequences.get(done).cloned() };
        again_from(&mut response, from.unwrap_or_default(), &fault);
    }
    response
}

/// The value of a row. A fault if it cannot be read, which is logged: we write no such rows.
fn value<T>(record: EventRecord, read: impl Fn(&Written) -> Result<T, Fault>) -> Result<T, Fault> {
    let sequence = sequence(&record);
    let row = serde_dynamo::from_item::<_, Written>(record.change.new_image)
        .map_err(|error| Fault::new("read a stream record", error));
    row.and_then(|row| read(&row)).inspect_err(|fault| {
        let cause = with_causes(fault);
        tracing::error!(sequence, cause, "a row of the stream is none of ours; passed over");
    })
}

/// The key of the row that a record is about.
fn key_of(record: &EventRecord) -> String {
    #[derive(Deserialize)]
    struct Key {
        pk: String,
        sk: String,
    }
    let keys = serde_dynamo::from_item::<_, Key>(record.change.keys.clone());
    keys.map(|Key { pk, sk }| format!("{pk} {sk}")).unwrap_or_default()
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
