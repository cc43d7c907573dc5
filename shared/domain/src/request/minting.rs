//! Minting: the person who may have credentials, and the time for which they live.

use jiff::{SignedDuration, Timestamp};

use super::{event::Event, lifecycle::Request, refusal::Refusal, state::State};
use crate::{
    grant::Grant,
    value::{CallContext, Person, Window},
};

/// The shortest and the longest life that AWS gives a session of a role that was assumed by another
/// role: 15 minutes, and one hour.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const SHORTEST: SignedDuration = SignedDuration::from_mins(15);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// AWS accepts a signed call for at most this long after it was signed. A session whose call was on
/// its way for that long lives that much longer.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>
const LATENESS: SignedDuration = SignedDuration::from_mins(5);

/// The number of entries from which on a history gets no new credentials.
const ENOUGH: u64 = 1_000;

/// The end of a bar on sessions that are usable until `live_until`. No session lives for less than
/// 15 minutes, so one that was given out shortly before the end of its window dies after the end.
/// It is worth nothing by then, and is barred all the same.
pub(crate) fn barred_until(live_until: Timestamp) -> Timestamp {
    live_until.checked_add(SHORTEST).unwrap_or(Timestamp::MAX)
}

impl Request {
    /// The lifetime of a session that is started now: until the end of the window, but at least 15
    /// minutes and at most one hour. The session is usable only while the window lasts. If it
    /// cannot be barred, it gets 15 minutes, so that it soon dies by itself when access is revoked.
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

    /// The event that is recorded before credentials are given out.
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
