//! The sources of a page: the request, the link and the visitor.

use domain::request::Request;
use jiff::Timestamp;
use service::Link;

use crate::sign_in::SignInProblem;

/// The visitor of the page, as far as their identity is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// A holder of the link.
    Holder,
    /// A holder of the link, where a sign-in is needed and none counts.
    SignInProblem(SignInProblem),
    /// The addressee of the link, signed in.
    Addressee,
    /// Another person, signed in. The text names them.
    SomebodyElse(String),
}

/// The sources of a page.
pub(crate) struct PageContext<'a> {
    pub(crate) request: &'a Request,
    pub(crate) link: &'a Link,
    pub(crate) visitor: &'a Visitor,
    /// The name of the AWS account, as people know it.
    pub(crate) account: &'a str,
    /// The path of the sign-in, or `None` in a deployment without one.
    pub(crate) sign_in: Option<String>,
    pub(crate) now: Timestamp,
}

impl PageContext<'_> {
    /// A time, in UTC and in the reader's time zone.
    pub(crate) fn when(&self, at: Timestamp) -> String {
        wording::time(at, &self.link.zone)
    }
}
