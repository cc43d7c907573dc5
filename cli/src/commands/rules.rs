//! Checking rules, and putting them into force.

use std::path::Path;

use anyhow::{Context, Result};
use aws::{clock, dynamo::PublishedRules, sdk};
use rules::{RuleSet, Sources};

use crate::args::Rules;

pub(super) async fn run(command: Rules) -> Result<String> {
    match command {
        Rules::Validate { directory } => {
            let rules = read(&directory)?;
            Ok(format!("The rules are sound: {}.\ndigest {}", counted(&rules), rules.digest()))
        }
        Rules::Push { directory, table } => {
            let rules = read(&directory)?;
            let published = PublishedRules::new(&sdk::load().await, table);
            let digest = published.publish(&rules, clock::now()).await?;
            Ok(format!("The rules are in force: {}.\ndigest {digest}", counted(&rules)))
        }
    }
}

fn read(directory: &Path) -> Result<RuleSet> {
    let sources = Sources::read(directory).context("the rules cannot be read")?;
    sources.check().with_context(|| {
        format!("the rules in {} are not taken; the published ones stay", directory.display())
    })
}

fn counted(rules: &RuleSet) -> String {
    format!("{} entitlements, {} people", rules.entitlements.len(), rules.people.len())
}
