//! The state that AWS must be in now.

use jiff::Timestamp;

use super::{lifecycle::Request, minting::barred_until, state::State};
use crate::value::Window;

/// An end to reach in AWS. It is named for the end, keyed by the request, and harmless if it is
/// reached twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The grant must be in place for this window.
    Ensure(Window),
    /// The grant must be gone.
    EnsureGone(Window),
    /// The sessions of the grant must be barred until this time.
    Bar(Timestamp),
    /// The bar must still stand, and is put back if it was removed.
    KeepBarred,
    /// The bar must be gone, because every session it was for has ended.
    Lift,
}

impl Request {
    /// The end to reach in AWS for this request now, or `None`. It follows from the stored state
    /// and the time alone, so that any worker can derive it again after a crash.
    ///
    /// Laws 1 and 5: no grant is put in place at or after the end of its window, and none without a
    /// fence before its start.
    pub fn effect(&self, now: Timestamp) -> Option<Effect> {
        match *self.state() {
            State::Activating { window } | State::Active { window, .. } if window.is_over(now) => {
                Some(Effect::EnsureGone(window))
            }
            // A grant without a fence works from the moment it is in place.
            State::Activating { window }
                if now < window.starts_at() && !self.terms().grant.has_a_fence() =>
            {
                None
            }
            State::Activating { window } => Some(Effect::Ensure(window)),
            State::Revoking { live_until: Some(until), .. } if now < until => {
                self.terms().grant.barred_role().map(|_| Effect::Bar(barred_until(until)))
            }
            // The grant may not have been seen in IAM yet, but the call that puts it there may be
            // on its way.
            State::Revoking { window, .. } => Some(Effect::EnsureGone(window)),
            State::Revoked { barred_until: Some(until), .. } if until <= now => Some(Effect::Lift),
            State::Revoked { barred_until: Some(_), .. } => Some(Effect::KeepBarred),
            State::Active { .. }
            | State::Scheduled { .. }
            | State::Pending { .. }
            | State::Denied
            | State::Cancelled
            | State::Expired
            | State::Revoked { .. }
            | State::Ended { .. }
            | State::Failed { .. } => None,
        }
    }
}
