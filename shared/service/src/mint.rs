//! Credentials for the requester, on record before they are given out.

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

/// A session to be started by STS: of a role, for a person, under a request. Only this module
/// makes one, from leave to open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The role.
    pub role: RoleArn,
    /// The name of the session: `pc-<request>`.
    pub name: String,
    /// The person it is for, as AWS names them in its record of each call.
    pub source_identity: String,
    /// The tags of the session: the request and the person.
    pub tags: [(&'static str, String); 2],
    /// The external id that the owner of the role demands.
    pub external_id: Option<String>,
    /// The session policy, with the window written into it. The session may do no more than its
    /// session policies say.
    pub policy: String,
    /// The managed policies that are session policies as well.
    pub policies: Vec<PolicyArn>,
    /// The time that it lives.
    pub lifetime: SignedDuration,
}

/// Credentials. They cannot be printed, and are kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The session token, which goes with each call.
    pub session_token: String,
    /// The end of the session or of the window, whichever is first.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// An order for credentials, before anything is checked.
#[derive(Debug, Clone, Copy)]
pub struct MintOrder<'a> {
    /// The person who wants them.
    pub by: &'a Person,
    /// The context of their call.
    pub call: CallContext,
}

/// Gives the requester credentials for an open request, if its history proves it and the rules in
/// force would still open it. The record comes before the call to STS, so that there is never a
/// session without a record.
///
/// A person who may not see the request gets the answer that there is none.
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
        // A refusal by the request itself is the more useful answer, so it is checked first.
        request.decide(command.clone(), now)?;
        let leave = rules.may_open(&proven).map_err(Error::Denied)?;
        if commit(store, request.clone(), command.clone(), now).await?.is_some() {
            return given(minter, leave, now).await;
        }
    }
    Err(Error::Contended)
}

/// Asks STS for a session that is on record.
async fn given(
    minter: &impl Minter,
    leave: MayOpen<'_>,
    now: Timestamp,
) -> Result<Credentials, Error> {
    let session = Session::of(leave, minter.guard(), now).ok_or_else(|| {
        Fault::new("mint for request", "what was recorded gives no session")
            .on(leave.request().id())
    })?;
    match minter.mint(&session).await? {
        Minted::Given(credentials) => {
            let expires_at = credentials.expires_at.min(leave.window().ends_at());
            Ok(Credentials { expires_at, ..credentials })
        }
        Minted::Refused(why) => Err(Error::NotMinted { role: session.role, why }),
    }
}

impl Session {
    /// The session for a request that may be opened. None if its grant gives no session, or the
    /// requester's address does not fit into a source identity.
    fn of(leave: MayOpen<'_>, guard: &Guard, now: Timestamp) -> Option<Self> {
        let (request, window) = (leave.request(), leave.window());
        let terms = request.terms();
        let (role, external_id, policies) = match &terms.grant {
            Grant::Session { role, external_id, policies, .. } => (role, external_id, policies),
            Grant::InlinePolicy { .. } | Grant::ManagedPolicy { .. } => return None,
        };
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
