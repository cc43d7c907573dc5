//! Requests that are to be opened, read with what proves them.

use domain::{
    request::{Proven, Unproven},
    value::RequestId,
};
use jiff::Timestamp;

use crate::{Error, ports::Store};

/// How often a history is read that does not prove its request. A reader may meet a
/// commit half-way: its rows are written together, and not read together.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation>
const LOOKS: usize = 3;

/// Reads a request with its history, and believes it only if that leads to it.
pub(crate) async fn proven(
    store: &impl Store,
    id: &RequestId,
    now: Timestamp,
) -> Result<Proven, Error> {
    let mut looks = 0;
    loop {
        let read = store.history(id).await.map_err(|fault| {
            if fault.is_unreadable() {
                Unproven::Unreadable(id.clone()).into()
            } else {
                Error::from(fault)
            }
        })?;
        let (stored, history) = read.ok_or(Error::NotFound)?;
        looks += 1;
        match Proven::of(stored, &history, now) {
            Err(_) if looks < LOOKS => {}
            proven => return Ok(proven?),
        }
    }
}
