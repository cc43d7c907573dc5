//! Mail through SES.

use aws_config::SdkConfig;
use aws_sdk_sesv2::{
    Client,
    error::BuildError,
    types::{Body, Content, Destination, EmailContent, Message},
};
use domain::Person;
use service::{
    Fault,
    ports::{Mail, Mailer},
};

/// Sends from one verified address.
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
    from: Person,
}

impl Ses {
    /// Sends as this address, which SES must know.
    pub fn new(sdk: &SdkConfig, from: Person) -> Self {
        Self { client: Client::new(sdk), from }
    }
}

impl Mailer for Ses {
    async fn send(&self, mail: &Mail) -> Result<(), Fault> {
        let content = content(mail).map_err(|error| Fault::new("write a mail", error))?;
        self.client
            .send_email()
            .from_email_address(self.from.as_str())
            .destination(Destination::builder().to_addresses(mail.to.as_str()).build())
            .content(content)
            .send()
            .await
            .map_err(|error| Fault::new("send a mail", error))?;
        Ok(())
    }
}

fn content(mail: &Mail) -> Result<EmailContent, BuildError> {
    let utf8 = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let message = Message::builder()
        .subject(utf8(&mail.subject)?)
        .body(Body::builder().text(utf8(&mail.text)?).build())
        .build();
    Ok(EmailContent::builder().simple(message).build())
}
