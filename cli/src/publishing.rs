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

/// And no line of it has more characters than this.
const LONGEST_CHANGE: usize = 300;

/// What came of publishing.
#[derive(Debug)]
pub enum Outcome {
    /// It is in force.
    InForce(Box<Publication>),
    /// It was in force already.
    Unchanged,
}

/// Which set is in force, and the set itself if it can be read: a damaged one is
/// there to be replaced. None before the first publication.
pub async fn in_force(published: &PublishedRules) -> Result<Option<(InForce, Option<RuleSet>)>> {
    let Some(current) = published.latest().await? else { return Ok(None) };
    let sources = published.sources(current.rules).await?;
    Ok(Some((current, sources.and_then(|sources| sources.check_published().ok()))))
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
    if old.is_some() && read.is_some_and(|read| read.rules == digest) {
        return Ok(Outcome::Unchanged);
    }
    let mut changes: Vec<String> =
        changes(old.as_ref(), rules).iter().map(|change| shortened(change)).collect();
    let more = changes.len().saturating_sub(MOST_CHANGES);
    changes.truncate(MOST_CHANGES);
    changes.extend((more > 0).then(|| format!("and {more} more")));
    let previous: Option<Digest> = read.map(|read| read.rules);
    let chain = read.map_or(Chain::START, |read| read.chain);
    // Clocks of administrators differ; in a history, time never runs backwards.
    let now = read.map_or(now, |read| now.max(read.at));
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

/// A line of changes is for reading; the sets have the rest.
fn shortened(change: &str) -> String {
    match change.char_indices().nth(LONGEST_CHANGE) {
        Some((end, _)) => format!("{}…", change.get(..end).unwrap_or_default()),
        None => change.to_owned(),
    }
}

/// An identity by AWS's word. Not by the directory: that is part of what is being
/// published.
#[derive(Debug)]
pub struct Identity {
    /// The owner of the credentials, by ARN.
    pub author: Actor,
    /// Their account.
    pub account: String,
}

/// Asks AWS whose credentials these are.
pub async fn identity(sdk: &SdkConfig) -> Result<Identity> {
    let identity = aws_sdk_sts::Client::new(sdk).get_caller_identity().send().await;
    let identity = identity.context("AWS does not say who you are")?;
    Ok(Identity {
        author: Actor::Caller(identity.arn.context("you have no ARN")?),
        account: identity.account.context("you have no account")?,
    })
}

/// Asks AWS whose credentials these are, as the author of something.
pub async fn author(sdk: &SdkConfig) -> Result<Actor> {
    Ok(identity(sdk).await?.author)
}
