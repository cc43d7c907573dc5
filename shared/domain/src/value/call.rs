//! The circumstances of a call, as far as rules may look at them.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When and from where somebody asked or answered. It is pinned with what they
/// said, so that the same facts can be judged again under other rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallContext {
    /// The time of the call.
    pub at: Timestamp,
    /// From which address, if the call came over a network.
    pub source_ip: Option<IpAddr>,
    /// Whether the authoriser vouches for a second factor.
    pub mfa: bool,
}
