//! Mail: whether SES can deliver it.

use std::collections::BTreeSet;

use aws_sdk_sesv2::{
    Client,
    operation::get_email_identity::{GetEmailIdentityError, GetEmailIdentityOutput},
    types::{DkimStatus, EventDestination},
};
use domain::value::Person;

use super::{Checkup, finding::Findings};

const ABOUT: &str = "mail";
const VERIFY: &str = "verify the address or its domain: \
    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html";
const DKIM: &str = "set up DKIM, or mails end as spam: \
    https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim.html";
const PRODUCTION: &str = "ask for production access: \
    https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html";

impl Checkup<'_> {
    pub(super) async fn mail(&self, people: &[Person], findings: &mut Findings) {
        let client = Client::new(self.sdk);
        let Some(from) = self.deployment.parameter("MailFrom") else {
            return findings.wrong(ABOUT, "the stack has no MailFrom", "deploy it with one");
        };
        self.sender(&client, from, findings).await;
        self.account(&client, findings).await;
        self.suppressed(&client, people, findings).await;
        self.events(&client, findings).await;
    }

    /// Checks that the sender is verified: the address, or any domain that it is in.
    async fn sender(&self, client: &Client, from: &str, findings: &mut Findings) {
        for name in identities_of(from) {
            match client.get_email_identity().email_identity(name).send().await {
                Ok(identity) if identity.verified_for_sending_status() => {
                    return verified(name, &identity, findings);
                }
                Ok(_) => {}
                Err(error) => match error.as_service_error() {
                    Some(GetEmailIdentityError::NotFoundException(_)) => {}
                    _ => return findings.could_not_check(ABOUT, &error),
                },
            }
        }
        let says = format!("neither {from} nor a domain of it is verified with SES");
        findings.wrong(ABOUT, says, VERIFY);
    }

    async fn account(&self, client: &Client, findings: &mut Findings) {
        let account = match client.get_account().send().await {
            Ok(account) => account,
            Err(error) => return findings.could_not_check("sandbox", &error),
        };
        if !account.sending_enabled() {
            findings.wrong(ABOUT, "SES sends nothing for this account", "see the SES console");
        }
        if account.production_access_enabled() {
            findings.fine("sandbox", "SES writes to anybody");
        } else {
            let says = "SES is in its sandbox, and writes to verified addresses and domains only";
            findings.look("sandbox", says, PRODUCTION);
        }
    }

    /// Reports people to whom SES does not write any more.
    async fn suppressed(&self, client: &Client, people: &[Person], findings: &mut Findings) {
        let mut pages =
            client.list_suppressed_destinations().into_paginator().page_size(1_000).send();
        let mut suppressed = BTreeSet::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => suppressed.extend(
                    page.suppressed_destination_summaries
                        .unwrap_or_default()
                        .into_iter()
                        .map(|summary| summary.email_address.to_ascii_lowercase()),
                ),
                Err(error) => return findings.could_not_check(ABOUT, &error),
            }
        }
        let silent = people.iter().filter(|person| suppressed.contains(person.as_str()));
        let silent: Vec<_> = silent.map(Person::as_str).collect();
        if silent.is_empty() {
            findings.fine(ABOUT, format!("none of {} people is suppressed", people.len()));
        } else {
            let says = format!("SES does not write to {}", wording::list_of(&silent));
            findings.wrong(ABOUT, says, "remove them from the suppression list of the account");
        }
    }

    /// Checks that SES reports the delivery of mails.
    async fn events(&self, client: &Client, findings: &mut Findings) {
        let set = self.deployment.physical("MailEvents");
        let call = client.get_configuration_set_event_destinations().configuration_set_name(set);
        match call.send().await {
            Ok(answer) if answer.event_destinations().iter().any(EventDestination::enabled) => {
                findings.fine(ABOUT, "SES tells what becomes of mails");
            }
            Ok(_) => findings.look(
                ABOUT,
                format!("{set} tells nobody what becomes of mails"),
                "deploy the template again",
            ),
            Err(error) => findings.could_not_check(ABOUT, &error),
        }
    }
}

fn verified(name: &str, identity: &GetEmailIdentityOutput, findings: &mut Findings) {
    findings.fine(ABOUT, format!("{name} is verified with SES"));
    match identity.dkim_attributes().and_then(|dkim| dkim.status()) {
        Some(DkimStatus::Success) => findings.fine("DKIM", format!("{name} is signed for")),
        status => {
            let status = status.map_or("not there", DkimStatus::as_str);
            findings.look("DKIM", format!("of {name} is {status}"), DKIM);
        }
    }
}

/// The address, its domain, and the domains above that.
fn identities_of(from: &str) -> Vec<&str> {
    let domain = from.split_once('@').map(|(_, domain)| domain);
    let domains = std::iter::successors(domain, |domain| Some(domain.split_once('.')?.1));
    [from].into_iter().chain(domains.filter(|domain| domain.contains('.'))).collect()
}
