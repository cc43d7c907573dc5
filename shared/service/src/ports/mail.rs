//! Mail, its deliveries, and the event bus.

use std::future::Future;

use domain::{
    history::RawEntry,
    value::{Person, RequestId},
};

use crate::{Delivery, DeliveryOutcome, Fault, MailRef};

/// The service that carries mail.
pub trait Mailer: Sync {
    /// Hands a mail over for delivery: [`DeliveryOutcome::Accepted`], or
    /// [`DeliveryOutcome::Refused`] if it will never be accepted.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<DeliveryOutcome, Fault>> + Send;
}

/// The deliveries of mails about requests. No decision depends on them.
pub trait Deliveries: Sync {
    /// Records a delivery. Recording it twice keeps it once.
    fn record(&self, delivery: &Delivery) -> impl Future<Output = Result<(), Fault>> + Send;

    /// The deliveries of the mails about a request, in order of time.
    fn deliveries(
        &self,
        id: &RequestId,
    ) -> impl Future<Output = Result<Vec<Delivery>, Fault>> + Send;
}

/// A mail to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The addressee.
    pub to: Person,
    /// The subject, one line.
    pub subject: String,
    /// Plain text. May carry a link, so this type cannot be printed.
    pub text: String,
    /// The text as an HTML page.
    pub html: String,
    /// The reference of the mail.
    pub mail_ref: MailRef,
}

/// The listeners on the event bus: our mail, and targets that administrators attach.
pub trait Listeners: Sync {
    /// Announces raw entries. Listeners have to tolerate that one is announced twice.
    fn announce(&self, lines: &[RawEntry]) -> impl Future<Output = Result<(), Fault>> + Send;
}
