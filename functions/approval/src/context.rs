//! What a page is made from: the request, the link, and its visitor.

use domain::request::Request;
use jiff::Timestamp;
use service::Link;

use crate::sign_in::SignInProblem;

/// Who looks at the page, as far as that is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// Somebody who holds the link.
    Holder,
    /// Somebody who holds it, where that is not enough.
    SignInProblem(SignInProblem),
    /// The addressee of the link, who signed in.
    Addressee,
    /// Somebody who signed in and is not its addressee.
    SomebodyElse(String),
}

/// What a page is made from.
pub(crate) struct PageContext<'a> {
    pub(crate) request: &'a Request,
    pub(crate) link: &'a Link,
    pub(crate) visitor: &'a Visitor,
    /// The AWS account, as people know it.
    pub(crate) account: &'a str,
    /// The path of the sign-in, where there is one.
    pub(crate) sign_in: Option<String>,
    pub(crate) now: Timestamp,
}

impl PageContext<'_> {
    /// A moment, on the reader's clock as well.
    pub(crate) fn when(&self, at: Timestamp) -> String {
        wording::time(at, &self.link.zone)
    }
}
