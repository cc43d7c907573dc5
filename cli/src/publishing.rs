//! Putting rules into force: only whole ones, only on top of what was compared,
//! and never without saying who and what.

use anyhow::{Context, Result, bail};
use aws::dynamo::{InForce, PublishedRules};
use aws_config::SdkConfig;
use domain::{Actor, Chain, Digest, Publication, Published};
use jiff::Timestamp;
use rules::{RuleSet, changes};
use service::ports::Committed;

/// A publication carries this many lines of changes; the sets have the rest.
const MOST_CHANGES: usize = 200;

/// What came of publishing.
#[derive(Debug)]
pub enum Outcome {
    /// It is in force.
    InForce(Box<Publication>),
    /// It was in force already.
    Unchanged,
}

/// The set in force, and what it was made of; none before the first publication.
/// A published set that this version cannot read counts as one with nothing in it.
pub async fn in_force(published: &PublishedRules) -> Result<Option<(InForce, Option<RuleSet>)>> {
    let Some(current) = published.in_force().await? else { return Ok(None) };
    let rules = published.sources(current.rules).await?.check().ok();
    Ok(Some((current, rules)))
}

/// Puts a set into force, in the name of its author.
pub async fn publish(
    published: &PublishedRules,
    rules: &RuleSet,
    author: Actor,
    now: Timestamp,
) -> Result<Outcome> {
    let before = in_force(published).await?;
    let (read, old) = before.map_or((None, None), |(read, old)| (Some(read), old));
    let digest = rules.digest();
    if read.is_some_and(|read| read.rules == digest) {
        return Ok(Outcome::Unchanged);
    }
    let mut changes = changes(old.as_ref(), rules);
    let more = changes.len().saturating_sub(MOST_CHANGES);
    changes.truncate(MOST_CHANGES);
    changes.extend((more > 0).then(|| format!("and {more} more")));
    let previous: Option<Digest> = read.map(|read| read.rules);
    let chain = read.map_or(Chain::START, |read| read.chain);
    let publication =
        Publication::next(chain, digest, now, author, Published { previous, changes });
    match published.publish(rules.sources(), &publication, read).await? {
        Committed::Done => Ok(Outcome::InForce(Box::new(publication))),
        Committed::Lost => {
            bail!(
                "somebody else has published meanwhile; look at `portcullis rules diff` and push again"
            )
        }
    }
}

/// Whoever these credentials belong to, by AWS's word. Not by the directory: that
/// is part of what is being published.
pub async fn author(sdk: &SdkConfig) -> Result<Actor> {
    let identity = aws_sdk_sts::Client::new(sdk).get_caller_identity().send().await;
    let arn = identity.context("AWS does not say who you are")?.arn.context("you have no ARN")?;
    Ok(Actor::Caller(arn))
}
