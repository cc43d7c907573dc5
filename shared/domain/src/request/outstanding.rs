//! The limits on the requests of one person that are not over.
//!
//! Each request costs others something: mails, reads of IAM, and a place in the minute job. So
//! there is a limit. It is checked in the transaction that records the request, so that two
//! requests at the same moment cannot pass it together.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{approval::Approval, refusal::Refusal, terms::Terms};
use crate::value::{EntitlementId, Person, RequestId};

/// The largest number of outstanding requests of a person.
pub const MAX_OUTSTANDING: usize = 25;
/// The largest number of outstanding requests of a person for one entitlement.
pub const MAX_FOR_ENTITLEMENT: usize = 10;

/// The largest number of times that a person may break glass within 24 hours. Such requests count
/// for no other limit, because an emergency cannot wait.
pub const MAX_GLASS_BROKEN: usize = 3;
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// The requests of a person that may still be outstanding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outstanding {
    /// The person.
    pub person: Person,
    /// The number of changes so far. A change is conditional on the one before.
    pub version: u64,
    /// The requests. Some of them may be over by now.
    pub requests: Vec<CountedRequest>,
    /// The times at which they broke glass. Those before the last 24 hours are dropped with the
    /// next.
    #[serde(rename = "glass")]
    pub glass_broken: Vec<Timestamp>,
}

/// A request that counts for the limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedRequest {
    /// The id of the request.
    pub request: RequestId,
    /// Its entitlement.
    pub entitlement: EntitlementId,
}

impl Outstanding {
    /// The record of a person without a request.
    pub fn nothing(person: Person) -> Self {
        Self { person, version: 0, requests: Vec::new(), glass_broken: Vec::new() }
    }

    /// The requests that count.
    pub fn ids(&self) -> BTreeSet<RequestId> {
        self.requests.iter().map(|counted| counted.request.clone()).collect()
    }

    /// The record without the requests that are over: only those that are under way stay.
    #[must_use]
    pub fn of_those(mut self, under_way: &BTreeSet<RequestId>) -> Self {
        self.requests.retain(|counted| under_way.contains(&counted.request));
        self
    }

    /// The record with one more request. Refused if that is one too many.
    pub fn with(mut self, id: &RequestId, terms: &Terms, now: Timestamp) -> Result<Self, Refusal> {
        self.version += 1;
        if let Approval::BreakGlass { .. } = terms.approval {
            self.glass_broken.retain(|at| at.duration_until(now) < A_DAY);
            if self.glass_broken.len() >= MAX_GLASS_BROKEN {
                return Err(Refusal::BreakGlassTooOften { most: MAX_GLASS_BROKEN });
            }
            self.glass_broken.push(now);
            return Ok(self);
        }
        let entitlement = &terms.entitlement;
        let same = |counted: &&CountedRequest| counted.entitlement == *entitlement;
        if self.requests.iter().filter(same).count() >= MAX_FOR_ENTITLEMENT {
            return Err(Refusal::TooManyOf {
                most: MAX_FOR_ENTITLEMENT,
                entitlement: entitlement.clone(),
            });
        }
        if self.requests.len() >= MAX_OUTSTANDING {
            return Err(Refusal::TooMany { most: MAX_OUTSTANDING });
        }
        self.requests
            .push(CountedRequest { request: id.clone(), entitlement: entitlement.clone() });
        Ok(self)
    }
}
