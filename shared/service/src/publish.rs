//! Puts rules into force. A set has to be sound, and to follow the publication that was read. The
//! record says who published it and what changed. The publisher is a person whom the rules in
//! force permit, or a caller whom the deployment names.

use domain::{
    history::{Actor, Chain, Publication, Published},
    value::{CallContext, Person},
};
use futures_util::future::try_join_all;
use rules::{
    Denial,
    directory::Caller,
    judge::Publishers,
    source::{Elsewhere, RuleProblem, RuleSet, RulesError, Sources, lasting_elsewhere},
    tools::{changed_files, changes},
};
use thiserror::Error;

use crate::{
    Fault,
    ports::{Committed, InForce, PolicyTexts, Proposal, Publications},
};

/// Lines of changes in words that a publication lists at most; the sets have the rest.
const MOST_CHANGES: usize = 200;

/// Policies that are looked up in IAM at a time.
const AT_ONCE: usize = 8;

/// Longest line of a publication, in characters.
const LONGEST_CHANGE: usize = 300;

/// A rule set to be put into force.
#[derive(Debug, Clone)]
pub struct NewRules {
    /// Its files.
    pub sources: Sources,
    /// The caller, as AWS authenticated them.
    pub caller: Caller,
    /// The account that the API is in, if it says so.
    pub account: Option<String>,
    /// The context of the call.
    pub call: CallContext,
}

/// The outcome of publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publishing {
    /// The set is in force.
    InForce(Box<Publication>),
    /// The set waits for a second person to publish it too.
    Proposed(Proposal),
    /// The set was in force already.
    Unchanged,
}

/// The reason for not putting a set into force. The set in force stays.
#[derive(Debug, Error)]
pub enum NotPublished {
    /// The rules in force do not let this caller publish, or the set is about another account.
    #[error("the rules do not allow it")]
    Denied(Vec<Denial>),
    /// No readable rules are in force that could let anybody publish, and the deployment does not
    /// name the caller.
    #[error(
        "no rules are in force that could let you publish, and the parameter Publishers of the \
         stack does not name you"
    )]
    NoPublisher,
    /// The set is not sound.
    #[error(transparent)]
    Unsound(#[from] RulesError),
    /// Another publication came first.
    #[error(
        "somebody else has published meanwhile; look at `portcullis rules diff` and push again"
    )]
    Overtaken,
    /// A failure of ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Puts a set into force in the name of its author, or proposes it if two people have to publish
/// it. Also returns remarks for the author, a sentence each.
pub async fn publish(
    publications: &impl Publications,
    texts: &impl PolicyTexts,
    publishers: &Publishers,
    new: &NewRules,
) -> Result<(Publishing, Vec<String>), NotPublished> {
    let (read, old) = in_force(publications).await?;
    // A caller who may not publish must learn nothing about the rules in force, or about a set.
    let person = author(old.as_ref(), publishers, new)?;
    let rules = sound(new)?;
    let advice = looked_up(texts, &rules).await?;
    let digest = rules.digest();
    if old.is_some() && read.is_some_and(|read| read.rules == digest) {
        return Ok((Publishing::Unchanged, advice));
    }
    let by = Actor::Caller(new.caller.to_string());
    let at = new.call.at;
    let mut proposed_by = None;
    if let (Some(person), Some(read)) = (person, read)
        && old.as_ref().is_some_and(RuleSet::takes_two_publishers)
    {
        let own = Proposal { rules: digest, after: read.chain.head, person, by: by.clone(), at };
        match publications.proposal().await? {
            Some(first) if seconds(&own, &first) => proposed_by = Some(first.by),
            Some(_) | None => {
                publications.propose(&own).await?;
                return Ok((Publishing::Proposed(own), advice));
            }
        }
    }
    let changes = told(changed_files(old.as_ref(), &rules), &changes(old.as_ref(), &rules));
    let event = Published { previous: read.map(|read| read.rules), changes, proposed_by };
    let chain = read.map_or(Chain::START, |read| read.chain);
    // In a history, time never runs backwards.
    let at = read.map_or(at, |read| at.max(read.at));
    let publication = Publication::next(chain, digest, at, by, event);
    match publications.publish(rules.sources(), &publication, read).await? {
        Committed::Done => Ok((Publishing::InForce(Box::new(publication)), advice)),
        Committed::Lost => Err(NotPublished::Overtaken),
    }
}

/// The digest of the set in force with its publication, and the set itself. The set is `None` if
/// it is damaged, so that it can be replaced. Both are `None` before the first publication.
pub async fn in_force(
    publications: &impl Publications,
) -> Result<(Option<InForce>, Option<RuleSet>), Fault> {
    let Some(current) = publications.latest().await? else { return Ok((None, None)) };
    let sources = publications.sources(current.rules).await?;
    Ok((Some(current), sources.and_then(|sources| sources.check_published().ok())))
}

/// Whether two different people propose the same set, to follow the same publication.
fn seconds(own: &Proposal, first: &Proposal) -> bool {
    own.rules == first.rules && own.after == first.after && own.person != first.person
}

/// The person whom the rules in force let publish. None for a caller whom the deployment names.
fn author(
    old: Option<&RuleSet>,
    publishers: &Publishers,
    new: &NewRules,
) -> Result<Option<Person>, NotPublished> {
    if publishers.include(&new.caller) {
        return Ok(None);
    }
    let old = old.ok_or(NotPublished::NoPublisher)?;
    let (person, _) = old.may_publish(&new.caller, new.call).map_err(NotPublished::Denied)?;
    Ok(Some(person))
}

/// The set, if it parses, its review finds no problem, and it is about this account.
fn sound(new: &NewRules) -> Result<RuleSet, NotPublished> {
    let rules = new.sources.check()?;
    let problems = rules.review();
    if !problems.is_empty() {
        return Err(RulesError { problems }.into());
    }
    if let Some(here) = &new.account {
        rules
            .directory()
            .check_account(here)
            .map_err(|denial| NotPublished::Denied(vec![denial]))?;
    }
    Ok(rules)
}

/// Reads the policies in IAM that the set grants, a few at a time. The set is unsound if they let
/// a person create something that lasts and its entries do not say so. Policies that cannot be
/// read are returned as remarks.
async fn looked_up(texts: &impl PolicyTexts, rules: &RuleSet) -> Result<Vec<String>, NotPublished> {
    let wanted = rules.to_look_up();
    let mut found = Vec::new();
    for some in wanted.chunks(AT_ONCE) {
        let mut reads = Vec::new();
        for (elsewhere, _) in some {
            reads.push(look_up(texts, rules, elsewhere));
        }
        found.extend(try_join_all(reads).await?);
    }
    let (mut advice, mut problems): (Vec<String>, Vec<RuleProblem>) = Default::default();
    for ((elsewhere, entries), found) in wanted.iter().zip(found) {
        let Some(found) = found else {
            let entries: Vec<_> = entries.iter().map(|id| format!("`{id}`")).collect();
            advice.push(format!(
                "what {elsewhere} allows cannot be seen from here: if something that is made \
                 with it may stay, say so by `lasting` in {}",
                entries.join(", ")
            ));
            continue;
        };
        let unsaid = found.iter().flat_map(|(name, text)| lasting_elsewhere(name, text, entries));
        problems.extend(unsaid);
    }
    if problems.is_empty() { Ok(advice) } else { Err(RulesError { problems }.into()) }
}

/// The texts of a policy, or of a role's policies, each with its name. None if they cannot be
/// read.
async fn look_up(
    texts: &impl PolicyTexts,
    rules: &RuleSet,
    elsewhere: &Elsewhere,
) -> Result<Option<Vec<(String, String)>>, Fault> {
    match elsewhere {
        Elsewhere::Policy(arn) => {
            let text = texts.managed(arn).await?;
            Ok(text.map(|text| vec![(arn.to_string(), text)]))
        }
        Elsewhere::Role(role) if rules.directory().account() == Some(role.account()) => {
            match role.principal() {
                Some(principal) => texts.of_role(principal.name()).await,
                None => Ok(None),
            }
        }
        Elsewhere::Role(_) => Ok(None),
    }
}

/// The lines of a publication: each changed file with its digest, then the changes in words, up
/// to `MOST_CHANGES`. Changes of people come last, so that no change of a rule hides behind them.
fn told(files: Vec<String>, changes: &[String]) -> Vec<String> {
    let more = changes.len().saturating_sub(MOST_CHANGES);
    let read = changes.iter().take(MOST_CHANGES).map(|change| shortened(change));
    let more = (more > 0).then(|| format!("and {more} more"));
    files.into_iter().chain(read).chain(more).collect()
}

/// A line of changes, cut off after `LONGEST_CHANGE` characters; the sets have the rest.
fn shortened(change: &str) -> String {
    match change.char_indices().nth(LONGEST_CHANGE) {
        Some((end, _)) => format!("{}…", change.get(..end).unwrap_or_default()),
        None => change.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use domain::value::Digest;

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
