//! The door of the API, for each function behind it: who calls, what they send, and
//! how a no is answered.
//!
//! Every route is authorised before a function runs: by IAM, or by token. Who calls is
//! what the authoriser says ([`caller`]), never what a body says, and never what a name
//! says that anybody could give ([`identity_center`]). What comes in is
//! bounded and read into types ([`http`]); whatever goes wrong leaves as one kind of
//! document ([`problem`]).

pub mod caller;
pub mod http;
pub mod identity_center;
pub mod problem;
