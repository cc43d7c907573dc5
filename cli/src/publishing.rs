//! Putting rules into force: only whole ones, only on top of what was compared,
//! and never without saying who and what.

use anyhow::{Context, Result, bail};
use aws::dynamo::{InForce, PublishedRules};
use aws_config::SdkConfig;
use domain::{Actor, Chain, Digest, Publication, Published};
use jiff::Timestamp;
use rules::{RuleSet, changed_files, changes};
use service::ports::Committed;

/// A publication carries this many lines of changes in words; the sets have the rest.
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
    let changes = told(changed_files(old.as_ref(), rules), &changes(old.as_ref(), rules));
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

/// The lines of a publication: each file that changed by its digest, then what that means in
/// words, as far as anybody reads. People come last, so that no change of a rule hides
/// behind them.
fn told(files: Vec<String>, changes: &[String]) -> Vec<String> {
    let more = changes.len().saturating_sub(MOST_CHANGES);
    let read = changes.iter().take(MOST_CHANGES).map(|change| shortened(change));
    let more = (more > 0).then(|| format!("and {more} more"));
    files.into_iter().chain(read).chain(more).collect()
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

#[cfg(test)]
mod tests {
    use rules::Sources;

    use super::*;

    fn set(people: usize, cedar: &str) -> RuleSet {
        let person =
            |n: usize| format!("[[person]]\nmail = \"p{n:04}@example.com\"\nname = \"P {n}\"\n");
        let people: String = (0..people).map(person).collect();
        let entry = "[[entitlement]]\nid = \"logs\"\ntitle = \"Logs\"\n\
            requesters = [\"p0000@example.com\"]\napprovers = [\"p0001@example.com\"]\n\
            max_duration = \"1h\"\ndecide_within = \"1h\"\n\
            grant = { kind = \"managed_policy\", policy = \"arn:aws:iam::aws:policy/ReadOnlyAccess\" }\n";
        let files =
            [("people.toml", people.as_str()), ("entitlements.toml", entry), ("own.cedar", cedar)];
        Sources::from_iter(files).check().unwrap()
    }

    #[test]
    fn no_change_of_a_rule_hides_behind_many_people_and_each_file_is_named_by_its_digest() {
        let before = set(2, "");
        let rule =
            "@id(\"auditors\") permit (principal, action == Action::\"readAudit\", resource);";
        let after = set(900, rule);
        let told = told(changed_files(Some(&before), &after), &changes(Some(&before), &after));
        assert_eq!(told.len(), 2 + MOST_CHANGES + 1);
        let digest = Digest::plain(rule.as_bytes());
        assert_eq!(told[0], format!("file own.cedar: {} bytes, SHA-256 {digest}", rule.len()));
        assert!(told[1].starts_with("file people.toml: "), "{}", told[1]);
        assert_eq!(told[2], "+ rule auditors");
        assert_eq!(told[MOST_CHANGES + 2], "and 699 more");
        assert!(changed_files(Some(&after), &after).is_empty());
    }
}
