//! Reads requests that are to be opened, together with the histories that prove them.

use domain::{
    request::{Proven, Unproven},
    value::RequestId,
};
use jiff::Timestamp;

use crate::{Error, ports::Store};

/// Attempts to read a history that proves its request. A commit writes its rows together, but a
/// reader may still see only some of them.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation>
const LOOKS: usize = 3;

/// Reads a request with its history, which must prove it.
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
