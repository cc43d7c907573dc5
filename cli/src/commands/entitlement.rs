//! Requirements of an entry outside of Portcullis: the trust policy of its role.

use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::value::EntitlementId;
use rules::{directory::GrantTemplate, source::Sources};

use crate::{args::EntitlementCommand, trust};

pub(super) fn run(command: EntitlementCommand) -> Result<String> {
    match command {
        EntitlementCommand::TrustPolicy { id, rules, session_role } => {
            let grant = session(&id, &rules)?;
            Ok(format!("{:#}", trust::policy(&grant, &session_role)))
        }
    }
}

fn session(id: &EntitlementId, directory: &Path) -> Result<domain::grant::Grant> {
    let set = Sources::read(directory)?.check()?;
    let entry = set.catalogue().get(id);
    let entry = entry.with_context(|| format!("there is no `{id}` in {}", directory.display()))?;
    match &entry.grant {
        GrantTemplate::Session(grant) => Ok(grant.clone()),
        GrantTemplate::InlinePolicy { .. } | GrantTemplate::ManagedPolicy { .. } => {
            bail!("`{id}` is not granted by session, so no role has to trust anybody")
        }
    }
}
