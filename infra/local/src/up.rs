//! `cargo up`: a stack to use by hand, until it is stopped.

use anyhow::Result;

use crate::{Stack, ministack::REGION, narrator::Narrator};

/// Starts a stack, explains how to use it, and keeps it running.
pub async fn keep(narrator: &Narrator) -> Result<()> {
    let stack = Stack::start(narrator).await?;
    let path = stack.write_json()?;
    let (ann, publisher) = (stack.person("ann")?, stack.publisher()?);
    narrator.say("ready. To use it as Ann:");
    narrator.line(&format!(
        "\n\
         export AWS_ENDPOINT_URL={endpoint}\n\
         export AWS_REGION={REGION}\n\
         export AWS_ACCESS_KEY_ID={key}\n\
         export AWS_SECRET_ACCESS_KEY={secret}\n\
         export PORTCULLIS_API_URL={api}\n\
         alias portcullis={cli}\n\n\
         portcullis entitlements\n\
         portcullis request orders-read --for 5m --reason \"trying it out\"\n\n\
         Mails, with the link to approve:  {endpoint}/_ministack/ses/messages\n\
         Rules and audit, to look at:      AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n\
         \x20                                 PORTCULLIS_REQUESTS_TABLE={requests}\n\
         \x20                                 PORTCULLIS_AUDIT_TABLE={audit}\n\
         To publish rules:                 AWS_ACCESS_KEY_ID={publisher_key}\n\
         \x20                                 AWS_SECRET_ACCESS_KEY={publisher_secret}\n\
         Everybody's keys, for programs:   {path}\n\n\
         Press Ctrl-C to stop everything.",
        endpoint = stack.endpoint(),
        publisher_key = publisher.access_key_id,
        publisher_secret = publisher.secret_access_key,
        key = ann.access_key_id,
        secret = ann.secret_access_key,
        api = stack.output("ApiUrl")?,
        cli = stack.cli()?.display(),
        requests = stack.output("RequestsTable")?,
        audit = stack.output("AuditTable")?,
        path = path.display(),
    ));
    std::future::pending().await
}
