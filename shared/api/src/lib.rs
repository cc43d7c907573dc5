//! The shared part of all functions behind the API: callers, bodies, and answers to refused calls.
//!
//! Every route is authorised before a function runs: by IAM, or by token. The caller comes from the
//! authoriser ([`caller`]), and never from a body. The name of a role proves nothing, because
//! anybody who may create roles can choose it ([`identity_center`]). Bodies are bounded and read
//! into types ([`http`]). Refusals and faults leave as one kind of document ([`problem`]).

pub mod caller;
pub mod http;
pub mod identity_center;
pub mod problem;
