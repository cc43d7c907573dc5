//! Mail, what becomes of it, and the event bus.

use std::future::Future;

use domain::{
    history::RawEntry,
    value::{Person, RequestId},
};

use crate::{Delivery, DeliveryOutcome, Fault, MailRef};

/// Who carries mail.
pub trait Mailer: Sync {
    /// Hands a mail over for delivery: [`DeliveryOutcome::Accepted`], or
    /// [`DeliveryOutcome::Refused`] if it will never be taken.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<DeliveryOutcome, Fault>> + Send;
}

/// What is known of the mails about requests. Nothing is ever decided by it.
pub trait Deliveries: Sync {
    /// Notes what became of a mail. Noted twice, it is there once.
    fn note(&self, delivery: &Delivery) -> impl Future<Output = Result<(), Fault>> + Send;

    /// What is known of the mails about a request, in order of time.
    fn deliveries(
        &self,
        id: &RequestId,
    ) -> impl Future<Output = Result<Vec<Delivery>, Fault>> + Send;
}

/// A mail to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: Person,
    /// One line.
    pub subject: String,
    /// Plain text. May carry a link, so this type cannot be printed.
    pub text: String,
    /// The same as a page.
    pub html: String,
    /// What it is about.
    pub mail_ref: MailRef,
}

/// Whoever listens: mail, and what administrators attach.
pub trait Listeners: Sync {
    /// Tells them what happened. Told twice, it was told once: they must not mind.
    fn announce(&self, lines: &[RawEntry]) -> impl Future<Output = Result<(), Fault>> + Send;
}
