//! `notify`: writes to the people whom a request concerns, and records the outcome of each mail.
//!
//! The event bus triggers it, with our own events and with those that SES publishes about its
//! mails. It decides nothing. Mail goes to people of the directory as they are pinned on the
//! request, never to an address that came with an event.
//!
//! Each mail that SES accepted is recorded, so an event that is delivered twice leads to one mail.
//! A crash between sending and recording leads to two: then both mails are right, both links work,
//! and still only one answer per approver counts.

mod addressees;
mod bundling;
mod inert;
mod letter;
mod mail_kind;
mod ses;
mod words;

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use domain::{
    request::Request,
    value::{Person, RequestId},
};
use jiff::{SignedDuration, Timestamp};
use rules::source::RuleSet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{
    Delivery, DeliveryOutcome, Fault, Link, LinkToken, MailRef,
    ports::{Deliveries, Links, Mailer, Rulebook, Store},
};

use crate::{
    addressees::EventContext,
    bundling::{Bundling, EACH, bundling},
    mail_kind::MailKind,
    words::Writer,
};

/// Time after which a review's link ends, counted from the review's deadline.
const PATIENCE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// An event as the bus carries it: a reference to an entry of a history.
#[derive(Debug, Serialize, Deserialize)]
pub struct EventRef {
    /// The request, or `None` for an event about the rules.
    pub request: Option<RequestId>,
    /// The entry's place in the history.
    pub seq: u64,
}

/// The settings and ports of `notify`.
pub struct Notify<S, L, M, R> {
    /// The store of the requests, and of the outcomes of mails.
    pub store: S,
    /// The store of the links.
    pub links: L,
    /// The service that sends the mails.
    pub mailer: M,
    /// The published rules, for their directory.
    pub rules: R,
    /// The URL that links start with, without a slash at the end.
    pub base_url: String,
    /// The name of the AWS account, as people know it.
    pub account: String,
}

impl<S: Store + Deliveries, L: Links, M: Mailer, R: Rulebook> Notify<S, L, M, R> {
    /// Handles one of our events, or an event of SES about one of our mails.
    pub async fn receive(
        &self,
        event: EventBridgeEvent<Value>,
        now: Timestamp,
        draw: impl Fn() -> Result<[u8; 32], Fault>,
    ) -> Result<(), Fault> {
        let unread = |error| Fault::new("read an event", error);
        if event.source == ses::SOURCE {
            let report = ses::read(event.detail, now).map_err(unread)?;
            for delivery in &report.deliveries {
                if !(report.passing && self.has_arrived(delivery).await?) {
                    self.store.record(delivery).await?;
                }
            }
            return Ok(());
        }
        let told = serde_json::from_value(event.detail).map_err(unread)?;
        self.handle(told, now, draw).await
    }

    /// Whether this mail is already known to have arrived.
    async fn has_arrived(&self, told: &Delivery) -> Result<bool, Fault> {
        let known = self.store.deliveries(&told.mail_ref.request).await?;
        Ok(known.iter().any(|known| {
            known.outcome == DeliveryOutcome::Delivered
                && (&known.mail_ref, &known.to) == (&told.mail_ref, &told.to)
        }))
    }

    /// The requests that the requester has under way, if people are asked to decide and there are
    /// too many requests for a mail each; otherwise none.
    async fn under_way(
        &self,
        request: &Request,
        written: &[(&Person, MailKind<'_>)],
    ) -> Result<Vec<Request>, Fault> {
        if !written.iter().any(|(_, kind)| kind.may_be_bundled()) {
            return Ok(Vec::new());
        }
        let ids = self.store.outstanding(&request.terms().requester).await?.ids();
        if ids.len() <= EACH {
            return Ok(Vec::new());
        }
        Ok(self.store.load_all(&ids).await?.requests)
    }

    /// Writes to the people whom this event concerns. `draw` gives the secret bytes of each link.
    pub async fn handle(
        &self,
        told: EventRef,
        now: Timestamp,
        draw: impl Fn() -> Result<[u8; 32], Fault>,
    ) -> Result<(), Fault> {
        let Some(id) = told.request else { return Ok(()) };
        aws::telemetry::about(&id);
        let Some((request, history)) = self.store.history(&id).await? else {
            tracing::warn!(request.id = %id, "told of a request that is not there");
            return Ok(());
        };
        let Some(entry) = history.iter().find(|entry| entry.seq == told.seq) else {
            return Err(
                Fault::new("read history of request", "it lacks the entry of the event").on(&id)
            );
        };
        let context = EventContext { request: &request, history: &history, entry, now };
        let written = context.addressees();
        if written.is_empty() {
            return Ok(());
        }
        let rules = self.rules.current().await?;
        let known = self.store.deliveries(&id).await?;
        let under_way = self.under_way(&request, &written).await?;
        let (known, under_way) = (&known, &under_way);
        let mailing = Mailing { notify: self, context, rules: &rules, under_way, known };
        let mut failed = Ok(());
        for (person, kind) in written {
            if known.iter().any(|delivery| mailing.was_taken(delivery, person)) {
                continue;
            }
            // One address that cannot be reached must not keep the others from their mail.
            if let Err(fault) = mailing.deliver(person, kind, &draw).await {
                failed = Err(fault);
            }
        }
        failed
    }
}

/// The mails about one entry.
struct Mailing<'a, S, L, M, R> {
    notify: &'a Notify<S, L, M, R>,
    context: EventContext<'a>,
    rules: &'a RuleSet,
    /// The requests that the requester has under way, where they are too many for a mail each.
    under_way: &'a [Request],
    /// Earlier mails about this request.
    known: &'a [Delivery],
}

impl<S: Store + Deliveries, L: Links, M: Mailer, R: Rulebook> Mailing<'_, S, L, M, R> {
    fn mail_ref(&self) -> MailRef {
        MailRef {
            request: self.context.request.id().clone(),
            seq: self.context.entry.seq,
            event: self.context.entry.event.kind().to_owned(),
        }
    }

    /// Whether this delivery says that SES has already accepted the mail about this entry to this
    /// person.
    fn was_taken(&self, delivery: &Delivery, person: &Person) -> bool {
        delivery.mail_ref.seq == self.context.entry.seq
            && delivery.to == *person
            && delivery.outcome.was_taken()
    }

    /// Sends one mail, and records its outcome.
    async fn deliver(
        &self,
        person: &Person,
        kind: MailKind<'_>,
        draw: &impl Fn() -> Result<[u8; 32], Fault>,
    ) -> Result<(), Fault> {
        let mut together: Vec<RequestId> = Vec::new();
        let outcome = if self.rules.directory().people().contains_key(person) {
            let (request, rules) = (self.context.request, self.rules);
            let writer = Writer { request, rules, account: &self.notify.account, reader: person };
            let (letter, url) = match bundling(
                person,
                (kind, self.was_told(person)),
                request.id(),
                (self.under_way, self.context.now),
            ) {
                Bundling::Later => return Ok(()),
                Bundling::Together(requests) => {
                    let mut linked = Vec::new();
                    for request in requests {
                        linked.push((request, self.link(request, person, draw()?).await?));
                    }
                    together = linked.iter().map(|(other, _)| other.id().clone()).collect();
                    (writer.letter_about(&linked), None)
                }
                Bundling::Alone if kind.wants_an_answer() => {
                    let url = self.link(request, person, draw()?).await?;
                    (writer.letter(kind), Some(url))
                }
                Bundling::Alone => (writer.letter(kind), None),
            };
            let mail = letter.to(person, url.as_deref(), &self.mail_ref())?;
            self.notify.mailer.send(&mail).await
        } else {
            Ok(DeliveryOutcome::Unknown)
        };
        let noted = outcome.as_ref().copied().unwrap_or(DeliveryOutcome::Failed);
        self.record(self.mail_ref(), person, noted).await?;
        for request in together.into_iter().filter(|other| other != self.context.request.id()) {
            let asked = MailRef { request, seq: 1, event: "asked".to_owned() };
            self.record(asked, person, noted).await?;
        }
        outcome.map(|_| ())
    }

    /// Whether SES has already accepted any mail about this request to this person.
    fn was_told(&self, person: &Person) -> bool {
        self.known.iter().any(|delivery| delivery.to == *person && delivery.outcome.was_taken())
    }

    async fn record(
        &self,
        mail_ref: MailRef,
        to: &Person,
        outcome: DeliveryOutcome,
    ) -> Result<(), Fault> {
        let to = to.clone();
        self.notify.store.record(&Delivery { mail_ref, to, at: self.context.now, outcome }).await
    }

    /// Makes a link for one person. It is on record before anybody can follow it.
    async fn link(
        &self,
        request: &Request,
        approver: &Person,
        secret: [u8; 32],
    ) -> Result<String, Fault> {
        let now = self.context.now;
        let token = LinkToken::from_random(request.id().clone(), secret);
        let review = request.terms().approval.review_by();
        let until = review.map(|at| at.checked_add(PATIENCE).unwrap_or(Timestamp::MAX));
        let link = Link {
            digest: token.digest(),
            request: request.id().clone(),
            approver: approver.clone(),
            zone: self.rules.zone_of(approver).clone(),
            expires_at: until.or(request.decide_by()).unwrap_or(now),
        };
        self.notify.links.record(&link).await?;
        Ok(format!("{}/approvals/{}", self.notify.base_url, token.reveal()))
    }
}
