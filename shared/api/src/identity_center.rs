//! Sessions of Identity Center, distinguished from those of roles that are only named alike.
//!
//! Law 26: the ARN of a session shows the name of its role, and not the path. Roles of Identity
//! Center have a path that only AWS can write to, so the role itself is looked up. A role that was
//! found there is remembered by its unique id: the path of a role never changes.
//! <https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html>

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use domain::grant::UniqueId;
use rules::directory::{Caller, SignedCaller};
use service::{Fault, ports::RoleLookup};

/// The path of roles that Identity Center makes. It may go on with a region.
const PATH: &str = "/aws-reserved/sso.amazonaws.com/";

/// Most roles that are remembered. An account has fewer permission sets.
const MOST_KNOWN: usize = 10_000;

/// Looks at roles, and remembers those that are of Identity Center.
#[derive(Debug, Default)]
pub struct IdentityCenter<R> {
    roles: R,
    known: Mutex<BTreeSet<UniqueId>>,
}

impl<R: RoleLookup> IdentityCenter<R> {
    /// Looks at roles with this port.
    pub fn new(roles: R) -> Self {
        Self { roles, known: Mutex::default() }
    }

    /// The caller, marked as verified if its role is one of Identity Center. Any other caller is
    /// returned as it is.
    pub async fn verify(&self, caller: Caller) -> Result<Caller, Fault> {
        match caller {
            Caller::Aws(signed) if self.is_real(&signed).await? => {
                Ok(Caller::Aws(signed.verified_as_identity_center()))
            }
            Caller::Aws(_) | Caller::Token(_) => Ok(caller),
        }
    }

    async fn is_real(&self, caller: &SignedCaller) -> Result<bool, Fault> {
        let (Some(role), Some(id)) = (caller.named_as_identity_center(), caller.unique_id()) else {
            return Ok(false);
        };
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(id) {
            return Ok(true);
        }
        let Some(found) = self.roles.look_up(&role).await? else { return Ok(false) };
        let real = found.unique_id == *id && found.path.starts_with(PATH);
        if real {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() < MOST_KNOWN {
                known.insert(id.clone());
            }
        }
        Ok(real)
    }
}
