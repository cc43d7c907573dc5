//! Credentials for whoever asked, on record before they are given out.

use domain::{
    grant::{Grant, Guard, PolicyArn, RoleArn},
    request::Command,
    value::{CallContext, Person, RequestId},
};
use jiff::{SignedDuration, Timestamp};
use rules::{judge::MayOpen, source::RuleSet};

use crate::{
    Error, Fault,
    commands::{ATTEMPTS, commit, visible},
    ports::{Minted, Minter, Store},
    proof::proven,
};

/// What is asked of STS: a session of a role, for a person, under a request. It is made
/// here, from leave to open, and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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

/// An order for credentials, as it comes in.
#[derive(Debug, Clone, Copy)]
pub struct MintOrder<'a> {
    /// The person who wants them.
    pub by: &'a Person,
    /// Their call.
    pub call: CallContext,
}

/// Gives credentials to the requester of an open request that its history proves and the
/// rules in force would still open. That they are given is on record before STS is asked,
/// so that there is never a session without a record.
///
/// For a person who may not see the request, there is no such request.
pub async fn mint(
    store: &impl Store,
    minter: &impl Minter,
    rules: &RuleSet,
    id: &RequestId,
    order: &MintOrder<'_>,
) -> Result<Credentials, Error> {
    let MintOrder { by, call } = *order;
    let now = call.at;
    let command = Command::Mint { by: by.clone(), call };
    for _ in 0..ATTEMPTS {
        let proven = proven(store, id, now).await?;
        let request = proven.request();
        visible(rules, by, request, call)?;
        // What the request itself says no to is the better answer, so it goes first.
        request.decide(command.clone(), now)?;
        let leave = rules.may_open(&proven).map_err(Error::Denied)?;
        if commit(store, request.clone(), command.clone(), now).await?.is_some() {
            return given(minter, leave, now).await;
        }
    }
    Err(Error::Contended)
}

/// Asks STS for a session, now that it is on record.
async fn given(
    minter: &impl Minter,
    leave: MayOpen<'_>,
    now: Timestamp,
) -> Result<Credentials, Error> {
    let session = Session::of(leave, minter.guard(), now)
        .ok_or_else(|| Fault::new("give out credentials", "what was recorded gives none"))?;
    match minter.mint(&session).await? {
        Minted::Given(credentials) => {
            let expires_at = credentials.expires_at.min(leave.window().ends_at());
            Ok(Credentials { expires_at, ..credentials })
        }
        Minted::Refused(why) => Err(Error::NotMinted { role: session.role, why }),
    }
}

impl Session {
    /// What to ask of STS, from what may be opened; none if that is no session.
    fn of(leave: MayOpen<'_>, guard: &Guard, now: Timestamp) -> Option<Self> {
        let (request, window) = (leave.request(), leave.window());
        let terms = request.terms();
        let Grant::Session { role, external_id, policies, .. } = &terms.grant else { return None };
        Some(Self {
            role: role.clone(),
            name: format!("pc-{}", request.id()),
            source_identity: terms.requester.source_identity()?.to_owned(),
            tags: [
                (domain::grant::GRANT_TAG, request.id().to_string()),
                (domain::grant::PERSON_TAG, terms.requester.to_string()),
            ],
            external_id: external_id.as_ref().map(ToString::to_string),
            policy: terms.grant.session_policy(window, guard)?,
            policies: policies.iter().cloned().collect(),
            lifetime: request.session_lifetime(window, now),
        })
    }
}
