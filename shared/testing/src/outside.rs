//! The other ports in memory: STS, links, mail, the audit record and the event bus.

use domain::{grant::Guard, history::RawEntry, value::RequestId};
use jiff::Timestamp;
use service::{
    Credentials, Delivery, DeliveryOutcome, Fault, Link, LinkToken, Session,
    ports::{
        Appended, Arrived, Aside, Committed, Deliveries, Ledger, Links, Listeners, Mail, Mailer,
        Minted, Minter, Snapshot,
    },
};

use crate::World;

impl Minter for World {
    fn guard(&self) -> &Guard {
        self.deployment.guard()
    }

    async fn mint(&self, session: &Session) -> Result<Minted, Fault> {
        self.step(|inner| {
            inner.sessions.push(session.clone());
            Minted::Given(Credentials {
                access_key_id: "ASIA".to_owned(),
                secret_access_key: "secret".to_owned(),
                session_token: "token".to_owned(),
                expires_at: Timestamp::MAX,
            })
        })
    }
}

impl Links for World {
    async fn record(&self, link: &Link) -> Result<(), Fault> {
        self.step(|inner| _ = inner.links.insert(link.digest, link.clone()))
    }

    async fn follow(&self, token: &LinkToken) -> Result<Option<(Link, Snapshot)>, Fault> {
        self.step(|inner| {
            let link = inner.links.get(&token.digest())?;
            Some((link.clone(), inner.snapshot(token.request())?))
        })
    }
}

impl Ledger for World {
    async fn append(&self, line: &RawEntry, now: Timestamp) -> Result<Appended, Fault> {
        if self.lock().indigestible.contains(&line.hash) {
            return Err(Fault::new("append to the audit record", "it is too large").unreadable());
        }
        let place = (line.history.clone(), line.seq);
        self.step(|inner| match inner.ledger.get(&place) {
            Some(there) if there == line => Appended::There,
            Some(_) => {
                inner.beside.push(line.clone());
                Appended::Beside
            }
            None => {
                inner.ledger.insert(place, line.clone());
                inner.arrived.push(Arrived { at: now, line: line.clone() });
                Appended::New
            }
        })
    }

    async fn append_together(
        &self,
        lines: &[RawEntry],
        now: Timestamp,
    ) -> Result<Committed, Fault> {
        if lines.iter().any(|line| self.lock().indigestible.contains(&line.hash)) {
            return Err(Fault::new("append to the audit record", "one is too large"));
        }
        self.step(|inner| {
            let place = |line: &RawEntry| (line.history.clone(), line.seq);
            if lines.iter().any(|line| inner.ledger.contains_key(&place(line))) {
                return Committed::Lost;
            }
            for line in lines {
                inner.ledger.insert(place(line), line.clone());
                inner.arrived.push(Arrived { at: now, line: line.clone() });
            }
            Committed::Done
        })
    }

    async fn set_aside(&self, aside: &Aside, _: Timestamp) -> Result<(), Fault> {
        self.step(|inner| {
            if !inner.aside.contains(aside) {
                inner.aside.push(aside.clone());
            }
        })
    }
}

impl Mailer for World {
    async fn send(&self, mail: &Mail) -> Result<DeliveryOutcome, Fault> {
        self.step(|inner| {
            inner.mails.push(mail.clone());
            DeliveryOutcome::Accepted
        })
    }
}

impl Deliveries for World {
    async fn record(&self, delivery: &Delivery) -> Result<(), Fault> {
        self.step(|inner| {
            if !inner.deliveries.contains(delivery) {
                inner.deliveries.push(delivery.clone());
            }
        })
    }

    async fn deliveries(&self, id: &RequestId) -> Result<Vec<Delivery>, Fault> {
        let about = |delivery: &&Delivery| delivery.mail_ref.request == *id;
        self.step(|inner| inner.deliveries.iter().filter(about).cloned().collect())
    }
}

impl Listeners for World {
    async fn announce(&self, lines: &[RawEntry]) -> Result<(), Fault> {
        let told = lines.iter().map(|line| (line.history.clone(), line.seq));
        self.step(|inner| inner.announced.extend(told))
    }
}
