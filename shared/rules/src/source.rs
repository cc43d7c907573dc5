//! The rules as administrators write them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use serde::Deserialize;

/// The files of a rules directory, read but not yet checked.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The text of `entitlements.toml`.
    pub entitlements: String,
    /// The text of `people.toml`.
    pub people: String,
    /// The texts of `policies/*.json`, by the path an entitlement names them by.
    pub policies: BTreeMap<String, String>,
}

impl Sources {
    /// Reads a rules directory. An error names the file.
    pub fn read(directory: &Path) -> io::Result<Self> {
        let text = |path: &Path| {
            fs::read_to_string(path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })
        };
        let mut policies = BTreeMap::new();
        let folder = directory.join("policies");
        if folder.is_dir() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "json") {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    policies.insert(format!("policies/{name}"), text(&path)?);
                }
            }
        }
        Ok(Self {
            entitlements: text(&directory.join("entitlements.toml"))?,
            people: text(&directory.join("people.toml"))?,
            policies,
        })
    }
}

/// The shape of `entitlements.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntitlementsFile {
    #[serde(default)]
    pub(crate) entitlement: Vec<EntitlementEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntitlementEntry {
    pub(crate) id: domain::EntitlementId,
    pub(crate) title: String,
    pub(crate) requesters: Vec<String>,
    pub(crate) approvers: Vec<String>,
    #[serde(default = "one")]
    pub(crate) quorum: usize,
    pub(crate) max_duration: domain::Duration,
    pub(crate) decide_within: domain::Duration,
    pub(crate) grant: GrantEntry,
}

fn one() -> usize {
    1
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum GrantEntry {
    InlinePolicy { policy: String },
}

/// The shape of `people.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeopleFile {
    #[serde(default)]
    pub(crate) person: Vec<PersonEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonEntry {
    pub(crate) mail: domain::Person,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) arns: BTreeSet<crate::PrincipalArn>,
    #[serde(default)]
    pub(crate) groups: BTreeSet<String>,
}
