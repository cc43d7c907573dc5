//! The context of a call, as far as rules may look at it.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The time and the origin of the call that brought a request or a statement. It is pinned with
/// them, so that the same facts can be judged again under other rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallContext {
    /// The time of the call.
    pub at: Timestamp,
    /// The IP address of the caller. `None` if the call did not come over a network.
    pub source_ip: Option<IpAddr>,
    /// Whether the authoriser vouches for a second factor.
    pub mfa: bool,
}
