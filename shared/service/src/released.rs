//! A second look at managed policies that were taken away: a call of ours that came late may
//! have put one back.

use domain::{Actor, Holding, Sighting, Stray};
use jiff::Timestamp;

use crate::{
    Fault, Granting,
    ports::{DriftLog, Holdings, Iam},
};

/// So many that were taken away are looked at in one minute: closings wait behind it.
const MOST_CHECKED: usize = 50;

/// Looks, once, at what was taken away lately: see [`Holding::check_at`]. Gives what a
/// late call had put back, which was on record before it was taken away again. One that
/// cannot be looked at now keeps no other from it; the first such fault comes last.
pub async fn check_released(
    store: &(impl Holdings + DriftLog),
    iam: &impl Iam,
    now: Timestamp,
) -> Result<Vec<Stray>, Fault> {
    let granting = Granting { holdings: store, iam };
    let (mut returned, mut gone, mut failed) = (Vec::new(), Vec::new(), None);
    let mut unchecked = store.unchecked(now).await?;
    // Those that cannot be looked at stay: each minute begins with others.
    let minute = usize::try_from(now.as_second() / 60).unwrap_or_default();
    let first = minute.wrapping_mul(MOST_CHECKED).checked_rem(unchecked.len());
    unchecked.rotate_left(first.unwrap_or_default());
    for released in unchecked.into_iter().take(MOST_CHECKED) {
        match granting.has_returned(&released, now).await {
            Ok(true) => returned.push(released),
            Ok(false) => gone.push(released),
            Err(fault) => failed = failed.or(Some(fault)),
        }
    }
    let stray = |released: &Holding| {
        let (on, policy) = (released.on.clone(), released.policy.clone());
        Stray::Returned { on, policy }
    };
    let strays: Vec<_> = returned.iter().map(stray).collect();
    if !strays.is_empty() {
        store.saw(&Sighting::all(&strays, now, &Actor::System)).await?;
    }
    for released in returned {
        match granting.detach_unless_held(&released.on, &released.policy).await {
            Ok(()) => gone.push(released),
            Err(fault) => failed = failed.or(Some(fault)),
        }
    }
    for released in gone {
        // Whoever has come to hold it in the meantime has made this look needless.
        _ = store.hold(&released.checked()).await?;
    }
    failed.map_or(Ok(strays), Err)
}
