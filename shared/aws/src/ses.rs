//! Mail through SES.

use aws_config::SdkConfig;
use aws_sdk_sesv2::{
    Client,
    error::{BuildError, SdkError},
    operation::send_email::SendEmailError,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag},
};
use domain::value::Person;
use service::{
    DeliveryOutcome, Fault, MailRef,
    ports::{Mail, Mailer},
};

use crate::telemetry::with_causes;

/// A mailer with one verified sender.
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
    from: Person,
    events: String,
}

impl Ses {
    /// Sends as this address, which SES must have verified. The configuration set `events` reports
    /// the delivery of the mails.
    pub fn new(sdk: &SdkConfig, from: Person, events: String) -> Self {
        Self { client: Client::new(sdk), from, events }
    }
}

impl Mailer for Ses {
    async fn send(&self, mail: &Mail) -> Result<DeliveryOutcome, Fault> {
        let built = || Ok::<_, BuildError>((content(mail)?, tags(&mail.mail_ref)?));
        let (content, tags) = built().map_err(|error| {
            Fault::new("write a mail about request", error).on(&mail.mail_ref.request)
        })?;
        let sent = self
            .client
            .send_email()
            .from_email_address(self.from.as_str())
            .destination(Destination::builder().to_addresses(mail.to.as_str()).build())
            .content(content)
            .configuration_set_name(&self.events)
            .set_email_tags(Some(tags))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(DeliveryOutcome::Accepted),
            Err(error) if is_final(&error) => {
                let cause = with_causes(&error);
                tracing::warn!(request.id = %mail.mail_ref.request, cause, "SES refused a mail");
                Ok(DeliveryOutcome::Refused)
            }
            Err(error) => {
                Err(Fault::new("send a mail about request", error).on(&mail.mail_ref.request))
            }
        }
    }
}

/// Whether SES would refuse the same mail again.
fn is_final(error: &SdkError<SendEmailError>) -> bool {
    let refusal = error.as_service_error();
    refusal.is_some_and(|error| error.is_message_rejected() || error.is_bad_request_exception())
}

/// Tags that SES repeats in each event about the mail.
fn tags(mail_ref: &MailRef) -> Result<Vec<MessageTag>, BuildError> {
    let tag = |(name, value)| MessageTag::builder().name(name).value(value).build();
    let seq = mail_ref.seq.to_string();
    [("request", mail_ref.request.as_str()), ("seq", &seq), ("event", &mail_ref.event)]
        .into_iter()
        .map(tag)
        .collect()
}

fn content(mail: &Mail) -> Result<EmailContent, BuildError> {
    let utf8 = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    // This header keeps out-of-office replies away: RFC 3834, section 5.
    let automatic =
        MessageHeader::builder().name("Auto-Submitted").value("auto-generated").build()?;
    let message = Message::builder()
        .subject(utf8(&mail.subject)?)
        .body(Body::builder().text(utf8(&mail.text)?).html(utf8(&mail.html)?).build())
        .headers(automatic)
        .build();
    Ok(EmailContent::builder().simple(message).build())
}
