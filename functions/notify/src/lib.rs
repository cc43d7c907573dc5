//! `notify`: writes to the people a request concerns, and notes what became of it.
//!
//! Triggered by the event bus, and by what SES tells of its mails. It decides
//! nothing. Mail goes to people of the directory as they are pinned on the request,
//! never to an address that came with an event.
//!
//! Each mail that was taken is noted, so an event delivered twice is told once,
//! unless this was cut short between the two: then both mails are right, both links
//! work, and still only one answer per approver counts.

mod addressees;
mod digest;
mod inert;
mod letter;
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
    addressees::{EventContext, MailKind},
    digest::{Bundling, EACH, bundling},
    words::Writer,
};

/// How long after it became overdue a review can still be done from its link.
const PATIENCE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What the bus says: what happened, and where it stands in which history.
#[derive(Debug, Serialize, Deserialize)]
pub struct EventRef {
    /// The request; none for what happened to the rules.
    pub request: Option<RequestId>,
    /// Its place in the history.
    pub seq: u64,
}

/// What `notify` works with.
pub struct Notify<S, L, M, R> {
    /// Where requests are, and what is known of mails.
    pub store: S,
    /// Where links are kept.
    pub links: L,
    /// Who carries the mail.
    pub mailer: M,
    /// Who there is.
    pub rules: R,
    /// What links start with.
    pub base_url: String,
    /// The AWS account, as people know it.
    pub account: String,
}

impl<S: Store + Deliveries, L: Links, M: Mailer, R: Rulebook> Notify<S, L, M, R> {
    /// Takes an event of ours, or one of SES about a mail of ours.
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
                    self.store.note(delivery).await?;
                }
            }
            return Ok(());
        }
        let told = serde_json::from_value(event.detail).map_err(unread)?;
        self.handle(told, now, draw).await
    }

    /// Whether the mail this is about is known to have arrived.
    async fn has_arrived(&self, told: &Delivery) -> Result<bool, Fault> {
        let known = self.store.deliveries(&told.mail_ref.request).await?;
        Ok(known.iter().any(|known| {
            known.outcome == DeliveryOutcome::Delivered
                && (&known.mail_ref, &known.to) == (&told.mail_ref, &told.to)
        }))
    }

    /// Requests that the requester has under way, if people are asked to decide and there are
    /// too many for a mail each; otherwise none.
    async fn under_way(
        &self,
        request: &Request,
        written: &[(&Person, MailKind<'_>)],
    ) -> Result<Vec<Request>, Fault> {
        let asks = |note: &MailKind<'_>| {
            matches!(note, MailKind::DecisionNeeded | MailKind::DecisionReminder)
        };
        if !written.iter().any(|(_, note)| asks(note)) {
            return Ok(Vec::new());
        }
        let ids = self.store.outstanding(&request.terms().requester).await?.ids();
        if ids.len() <= EACH {
            return Ok(Vec::new());
        }
        Ok(self.store.load_all(&ids).await?.requests)
    }

    /// Writes to those whom this event concerns. `draw` gives the secret bytes of
    /// each link.
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
        for (person, note) in written {
            if known.iter().any(|delivery| mailing.was_taken(delivery, person)) {
                continue;
            }
            // One address that cannot be reached keeps no other from hearing of it.
            if let Err(fault) = mailing.deliver(person, note, &draw).await {
                failed = Err(fault);
            }
        }
        failed
    }
}

/// All mails about one entry.
struct Mailing<'a, S, L, M, R> {
    notify: &'a Notify<S, L, M, R>,
    context: EventContext<'a>,
    rules: &'a RuleSet,
    /// Requests that the requester has under way, where they are too many for a mail each.
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

    /// Whether this says that the mail is on its way already.
    fn was_taken(&self, delivery: &Delivery, person: &Person) -> bool {
        delivery.mail_ref.seq == self.context.entry.seq
            && delivery.to == *person
            && delivery.outcome.was_taken()
    }

    /// Sends one mail, and notes what became of it.
    async fn deliver(
        &self,
        person: &Person,
        note: MailKind<'_>,
        draw: &impl Fn() -> Result<[u8; 32], Fault>,
    ) -> Result<(), Fault> {
        let mut together: Vec<RequestId> = Vec::new();
        let outcome = if self.rules.directory().people().contains_key(person) {
            let (request, rules) = (self.context.request, self.rules);
            let writer = Writer { request, rules, account: &self.notify.account, reader: person };
            let (letter, url) = match bundling(
                person,
                (note, self.was_told(person)),
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
                Bundling::Alone if note.wants_an_answer() => {
                    let url = self.link(request, person, draw()?).await?;
                    (writer.letter(note), Some(url))
                }
                Bundling::Alone => (writer.letter(note), None),
            };
            let mail = letter.to(person, url.as_deref(), &self.mail_ref())?;
            self.notify.mailer.send(&mail).await
        } else {
            Ok(DeliveryOutcome::Unknown)
        };
        let noted = outcome.as_ref().copied().unwrap_or(DeliveryOutcome::Failed);
        self.note(self.mail_ref(), person, noted).await?;
        for request in together.into_iter().filter(|other| other != self.context.request.id()) {
            let told = MailRef { request, seq: 1, event: "asked".to_owned() };
            self.note(told, person, noted).await?;
        }
        outcome.map(|_| ())
    }

    /// Whether some mail about this request was on its way to them before.
    fn was_told(&self, person: &Person) -> bool {
        self.known.iter().any(|delivery| delivery.to == *person && delivery.outcome.was_taken())
    }

    async fn note(
        &self,
        mail_ref: MailRef,
        to: &Person,
        outcome: DeliveryOutcome,
    ) -> Result<(), Fault> {
        let to = to.clone();
        self.notify.store.note(&Delivery { mail_ref, to, at: self.context.now, outcome }).await
    }

    /// A link for one person. It is on record before anybody can follow it.
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
