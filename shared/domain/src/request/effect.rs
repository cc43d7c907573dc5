//! The state that AWS must be in now.

use jiff::Timestamp;

use super::{lifecycle::Request, minting::barred_until, state::State};
use crate::value::Window;

/// An end to reach in AWS. Named for the end, keyed by the request, harmless
/// when reached twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The grant is in place, with this window written into it.
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
    /// What must be true in AWS for this request now, from its stored state and
    /// the time alone, so that after a crash anybody can derive it again.
    ///
    /// Law 1 and law 5: nothing is put in place at or after the end of a window, and nothing
    /// without a fence before its start.
    pub fn effect(&self, now: Timestamp) -> Option<Effect> {
        match *self.state() {
            State::Activating { window } | State::Active { window, .. } if window.is_over(now) => {
                Some(Effect::EnsureGone(window))
            }
            // What carries no fence is worth something from the moment it is there.
            State::Activating { window }
                if now < window.starts_at() && !self.terms().grant.has_a_fence() =>
            {
                None
            }
            State::Activating { window } => Some(Effect::Ensure(window)),
            State::Revoking { live_until: Some(until), .. } if now < until => {
                self.terms().grant.can_be_barred().then(|| Effect::Bar(barred_until(until)))
            }
            // Also before it was ever seen in IAM: the call that puts it may be on its way.
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
