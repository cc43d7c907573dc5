//! The wire format: the bodies that the API takes, and the documents that it answers.
//!
//! The functions write these types, and the command line and the tests read them, so that
//! neither side can forget a field. A body refuses fields that it does not know. A document
//! is read with tolerance: a newer API may add fields, statuses and events, and an older
//! reader shows what it knows.

mod bodies;
mod credentials;
mod entitlement;
mod problem;
mod publishing;
mod request;
mod ruling;
mod timeline;

pub use bodies::{DecisionBody, NewRequest, Revocation, RuleFiles};
pub use credentials::CredentialsDocument;
pub use entitlement::{CatalogueDocument, EntitlementDocument, StepOutline};
pub use problem::{DenialReason, ProblemDocument};
pub use publishing::PublishingDocument;
pub use request::{
    DecisionDocument, GrantDocument, MailDocument, RequestDocument, RequestPage, ReviewDocument,
    StepDocument, TermsDocument,
};
pub use ruling::{DryRunDocument, RulingDocument};
pub use timeline::{TimelineEntry, UnknownEntry, UnknownEvent};
