//! STS: the sessions of grants.

use std::future::Future;

use domain::grant::Guard;

use crate::{Credentials, Fault, Session};

/// The source of sessions.
pub trait Minter: Sync {
    /// The parts of Portcullis, which no session reaches.
    fn guard(&self) -> &Guard;

    /// Starts a session.
    fn mint(&self, session: &Session) -> impl Future<Output = Result<Minted, Fault>> + Send;
}

/// The outcome of asking for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Minted {
    /// The credentials of the session.
    Given(Credentials),
    /// The session is not given, however often it is tried, for this reason.
    Refused(&'static str),
}
