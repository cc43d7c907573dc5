//! A checked set of rules.

use domain::value::{Digest, Person};
use jiff::tz::TimeZone;

use super::files::Sources;
use crate::{
    cedar::Engine,
    directory::{Catalogue, Directory},
};

/// A checked set of rules. It judges drafts and requests.
#[derive(Debug, Clone)]
pub struct RuleSet {
    pub(crate) digest: Digest,
    pub(crate) directory: Directory,
    pub(crate) catalogue: Catalogue,
    pub(crate) engine: Engine,
    pub(crate) sources: Sources,
    pub(crate) two_publishers: bool,
}

impl RuleSet {
    /// The digest of the content, which is the name of the set.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The people of the set.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The time zone of a person: their own, or else that of the rules.
    pub fn zone_of(&self, person: &Person) -> &TimeZone {
        let profile = self.directory.people().get(person);
        profile.and_then(|profile| profile.timezone.as_ref()).unwrap_or(self.engine.zone())
    }

    /// The entitlements of the set.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The files that the set was made from.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }
}
