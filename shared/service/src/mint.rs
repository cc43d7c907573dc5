//! Credentials for whoever asked, on record before they are given out.

use domain::{Command, Grant, Person, PolicyArn, Request, RoleArn, Situation};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Error, Fault,
    order::order_read,
    ports::{Minted, Minter, Store},
};

/// What is asked of STS: a session of a role, for a person, under a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The role.
    pub role: RoleArn,
    /// The name of the session: `pc-<request>`.
    pub name: String,
    /// Who it is for, as AWS writes it into its record of each call.
    pub source_identity: String,
    /// The request, and the person: what the session carries as tags.
    pub tags: [(&'static str, String); 2],
    /// What the owner of the role wants to hear.
    pub external_id: Option<String>,
    /// What it may at most, with the window written into it.
    pub policy: String,
    /// The same, by managed policies.
    pub policies: Vec<PolicyArn>,
    /// How long it lives.
    pub lifetime: SignedDuration,
}

/// Credentials. They cannot be printed, and are kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// What goes with each call.
    pub session_token: String,
    /// When the session dies, or its access, whichever is first.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// Gives credentials to the requester of an open request. That they are given is on
/// record before STS is asked, so that there is never a session without a record.
pub async fn mint(
    store: &impl Store,
    minter: &impl Minter,
    read: Request,
    (by, situation): (&Person, Situation),
) -> Result<Credentials, Error> {
    let now = situation.at;
    let request = order_read(store, read, Command::Mint { by: by.clone(), situation }, now).await?;
    let (session, ends_at) = session(&request, now)
        .ok_or_else(|| Fault::new("give out credentials", "what was recorded gives none"))?;
    match minter.mint(&session).await? {
        Minted::Given(credentials) => {
            let expires_at = credentials.expires_at.min(ends_at);
            Ok(Credentials { expires_at, ..credentials })
        }
        Minted::Refused(why) => Err(Error::NotMinted { role: session.role, why }),
    }
}

/// What to ask of STS, from what is on record, and when the window ends.
fn session(request: &Request, now: Timestamp) -> Option<(Session, Timestamp)> {
    let ask = request.ask();
    let Grant::Session { role, external_id, policies, .. } = &ask.grant else { return None };
    let window = request.window()?;
    let session = Session {
        role: role.clone(),
        name: format!("pc-{}", request.id()),
        source_identity: ask.requester.source_identity()?.to_owned(),
        tags: [
            (domain::GRANT_TAG, request.id().to_string()),
            (domain::PERSON_TAG, ask.requester.to_string()),
        ],
        external_id: external_id.as_ref().map(ToString::to_string),
        policy: ask.grant.session_policy(window)?,
        policies: policies.iter().cloned().collect(),
        lifetime: request.session_lifetime(window, now),
    };
    Some((session, window.ends_at()))
}
