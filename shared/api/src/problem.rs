//! Refusals and faults as problem documents (RFC 9457).
//!
//! A refusal states its reason and the way out. A fault does not state its cause: the log has it,
//! under the time and the request id of the function.

use aws::telemetry::with_causes;
use domain::request::Refusal;
use lambda_http::{Body, Error, Response};
use rules::Denial;
use service::{Fault, NotPublished};
use wire::{DenialReason, ProblemDocument};

/// The answer of a route: a response, or a problem.
pub type Result<T = Response<Body>> = std::result::Result<T, Problem>;

/// One problem: its HTTP status, its stable type, and its text.
#[derive(Debug)]
pub struct Problem {
    status: u16,
    slug: &'static str,
    detail: String,
    reasons: Vec<Denial>,
}

impl Problem {
    fn new(status: u16, slug: &'static str, detail: impl Into<String>) -> Self {
        Self { status, slug, detail: detail.into(), reasons: Vec::new() }
    }

    /// The authoriser vouches for nobody.
    pub fn unauthenticated() -> Self {
        Self::new(
            401,
            "not-signed",
            "sign this call with AWS credentials, or send a token where the API takes tokens",
        )
    }

    /// An ARN of a shape that cannot be in the directory, such as the root user's.
    pub fn unmapped_caller(arn: &str) -> Self {
        Self::new(403, "denied-by-rule", format!("`{arn}` cannot ask for anything"))
    }

    /// The API has no such route.
    pub fn no_such_route() -> Self {
        Self::new(404, "not-found", "there is nothing here; see the README for the routes")
    }

    /// The body cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(400, "malformed", detail)
    }

    /// The body has more than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        Self::new(413, "too-large", format!("a body has at most {limit} bytes"))
    }

    /// The value of a field is not allowed.
    pub fn out_of_bounds(field: &str, problem: &str) -> Self {
        Self::new(422, "out-of-bounds", format!("`{field}`: {problem}"))
    }

    /// A call that breaks glass has to name the entitlement twice.
    pub fn unconfirmed(entitlement: &str) -> Self {
        Self::new(
            422,
            "unconfirmed",
            format!(
                "breaking glass opens access at once and everybody is told; `confirm` it by \
                     naming `{entitlement}` again"
            ),
        )
    }

    /// A failure of ours: logged here, with its causes, and nowhere else.
    pub fn internal(error: impl std::error::Error + 'static) -> Self {
        tracing::error!(cause = with_causes(&error), "a call failed");
        Self::new(
            500,
            "internal",
            "this failed on our side, and we cannot say whether anything was recorded; look before you try again",
        )
    }

    /// The response that carries the problem document.
    pub fn into_response(self) -> std::result::Result<Response<Body>, Error> {
        let document = ProblemDocument {
            r#type: format!("urn:portcullis:problem:{}", self.slug),
            title: self.slug.replace('-', " "),
            status: self.status,
            detail: self.detail,
            reasons: self.reasons.iter().map(DenialReason::from).collect(),
        };
        let body = serde_json::to_string(&document)?;
        Ok(Response::builder()
            .status(self.status)
            .header("content-type", "application/problem+json")
            .header("cache-control", "no-store")
            .body(body.into())?)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::internal(fault)
    }
}

impl From<service::Error> for Problem {
    fn from(error: service::Error) -> Self {
        match error {
            service::Error::Refused(refusal) => refusal.into(),
            service::Error::Denied(reasons) => {
                let about_values = reasons.iter().all(Denial::is_about_the_value);
                let (status, slug) =
                    if about_values { (422, "out-of-bounds") } else { (403, "denied-by-rule") };
                let detail: Vec<_> = reasons.iter().map(|denial| denial.reason.clone()).collect();
                Self { status, slug, detail: detail.join("; "), reasons }
            }
            error @ service::Error::NotFound => Self::new(404, "not-found", error.to_string()),
            error @ service::Error::NotMinted { .. } => {
                tracing::warn!("{error}");
                Self::new(502, "no-session-of-role", format!("{error}; ask an administrator"))
            }
            error @ service::Error::KeyReused => Self::new(409, "key-reused", error.to_string()),
            error @ service::Error::Contended => Self::new(409, "contended", error.to_string()),
            error @ service::Error::Unproven(_) => {
                tracing::error!("{error}");
                Self::new(
                    500,
                    "unproven",
                    format!(
                        "{error}; nothing is given out, and an administrator has to look at it"
                    ),
                )
            }
            service::Error::Fault(fault) => fault.into(),
        }
    }
}

impl From<NotPublished> for Problem {
    fn from(error: NotPublished) -> Self {
        match error {
            NotPublished::Denied(reasons) => service::Error::Denied(reasons).into(),
            NotPublished::NoPublisher => Self::new(403, "no-publisher", error.to_string()),
            NotPublished::Unsound(_) => Self::new(422, "unsound-rules", error.to_string()),
            NotPublished::Overtaken => Self::new(409, "overtaken", error.to_string()),
            NotPublished::Fault(fault) => fault.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, slug) = match refusal {
            Refusal::OwnRequest => (403, "own-request"),
            Refusal::NotAnApprover => (403, "not-an-approver"),
            Refusal::NotYours { .. } => (403, "not-yours"),
            // The API knows its callers. Only an answer by a link alone gets this refusal.
            Refusal::SignInNeeded => (403, "sign-in-needed"),
            Refusal::NobodyCanApprove => (403, "nobody-can-approve"),
            Refusal::AlreadyAnswered { .. } => (409, "already-answered"),
            Refusal::AlreadyFinal { .. } | Refusal::AlreadyDecided { .. } => (409, "settled"),
            Refusal::NotApproved | Refusal::NotOpen { .. } | Refusal::NotOpenYet { .. } => {
                (409, "not-open")
            }
            Refusal::WindowOver { .. } => (409, "over"),
            Refusal::NoSession => (409, "no-session"),
            Refusal::TooManySessions => (409, "enough"),
            Refusal::NoPrincipal { .. } | Refusal::NameDiffers { .. } => (409, "no-principal"),
            Refusal::QuotaExceeded { .. } => (409, "no-room"),
            Refusal::NotExtendable { .. } => (409, "not-extendable"),
            Refusal::Reviewed { .. } => (409, "reviewed"),
            Refusal::TooLate { .. } => (409, "too-late"),
            Refusal::Stale => (409, "stale"),
            Refusal::ShortReason { .. } => (422, "out-of-bounds"),
            Refusal::TooMany { .. } | Refusal::TooManyOf { .. } => (429, "too-many"),
            Refusal::BreakGlassTooOften { .. } => (429, "glass-too-often"),
        };
        Self::new(status, slug, refusal.to_string())
    }
}
