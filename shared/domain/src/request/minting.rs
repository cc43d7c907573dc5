//! Credentials that are given out: who may have them, and for how long they live.

use jiff::{SignedDuration, Timestamp};

use super::{event::Event, lifecycle::Request, refusal::Refusal, state::State};
use crate::{
    grant::Grant,
    value::{CallContext, Person, Window},
};

/// The shortest and the longest life AWS gives a session of a role that was assumed
/// by another role: a quarter of an hour, and one hour.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const SHORTEST: SignedDuration = SignedDuration::from_mins(15);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// A signed call is not taken later than this: a session whose call was on its way for
/// that long lives that much longer.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>
const LATENESS: SignedDuration = SignedDuration::from_mins(5);

/// The largest number of entries of a history that still gets new credentials.
const ENOUGH: u64 = 1_000;

/// Until when a bar stands on sessions that are worth something until this moment. What was
/// given out shortly before the end of a window dies a while after it, because no session is
/// shorter; it is worth nothing then, and is kept out all the same.
pub(crate) fn barred_until(live_until: Timestamp) -> Timestamp {
    live_until.checked_add(SHORTEST).unwrap_or(Timestamp::MAX)
}

impl Request {
    /// How long a session lives that is started now. It is worth something for as long
    /// as the window lasts only; where a session cannot be barred, it is kept short, so
    /// that it soon dies by itself when access is revoked.
    pub fn session_lifetime(&self, window: Window, now: Timestamp) -> SignedDuration {
        match &self.terms().grant {
            Grant::Session { here: true, .. } => {
                now.duration_until(window.ends_at()).clamp(SHORTEST, LONGEST)
            }
            Grant::Session { here: false, .. }
            | Grant::InlinePolicy { .. }
            | Grant::ManagedPolicy { .. } => SHORTEST,
        }
    }

    /// The event that is put on record before credentials are given out.
    pub(crate) fn minting(
        &self,
        by: &Person,
        call: CallContext,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        if *by != self.terms().requester {
            return Err(Refusal::NotYours { requester: self.terms().requester.clone() });
        }
        if !self.terms().grant.is_minted() {
            return Err(Refusal::NoSession);
        }
        match *self.state() {
            State::Active { window, .. } if window.is_over(now) => {
                Err(Refusal::WindowOver { ended_at: window.ends_at() })
            }
            State::Active { .. } if self.version() >= ENOUGH => Err(Refusal::TooManySessions),
            State::Active { window, .. } if window.starts_at() <= now => {
                let life = self.session_lifetime(window, now) + LATENESS;
                let until = now.checked_add(life).unwrap_or(Timestamp::MAX).min(window.ends_at());
                Ok(Event::Minting { until, call })
            }
            State::Active { window, .. }
            | State::Scheduled { window }
            | State::Activating { window } => {
                Err(Refusal::NotOpenYet { starts_at: window.starts_at() })
            }
            State::Pending { .. } | State::Revoking { .. } => {
                Err(Refusal::NotOpen { status: self.status() })
            }
            State::Denied
            | State::Cancelled
            | State::Expired
            | State::Revoked { .. }
            | State::Ended { .. }
            | State::Failed { .. } => Err(Refusal::AlreadyFinal { status: self.status() }),
        }
    }
}
