//! Putting rules into force: only sound ones, only on top of what was read, never without
//! saying who and what, and by nobody whom neither the rules in force nor the deployment
//! lets.

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

/// Lines of changes that a publication carries in words; the sets have the rest.
const MOST_CHANGES: usize = 200;

/// Policies that are looked up in IAM at a time.
const AT_ONCE: usize = 8;

/// Longest line of a publication, in characters.
const LONGEST_CHANGE: usize = 300;

/// A set that somebody wants to put into force.
#[derive(Debug, Clone)]
pub struct NewRules {
    /// Its files.
    pub sources: Sources,
    /// Who, by AWS's word.
    pub caller: Caller,
    /// The account that the API is in, if it says so.
    pub account: Option<String>,
    /// When, and from where.
    pub call: CallContext,
}

/// What came of publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publishing {
    /// It is in force.
    InForce(Box<Publication>),
    /// It waits for a second person to publish the same.
    Proposed(Proposal),
    /// It was in force already.
    Unchanged,
}

/// Why a set was not put into force. What was in force stays so.
#[derive(Debug, Error)]
pub enum NotPublished {
    /// The rules in force do not let this caller publish, or the set is about another account.
    #[error("the rules do not allow it")]
    Denied(Vec<Denial>),
    /// No rules are in force that could let anybody.
    #[error(
        "no rules are in force that could let you publish, and the parameter Publishers of the \
         stack does not name you"
    )]
    NoPublisher,
    /// The set is not sound.
    #[error(transparent)]
    Unsound(#[from] RulesError),
    /// Somebody else was faster.
    #[error(
        "somebody else has published meanwhile; look at `portcullis rules diff` and push again"
    )]
    Overtaken,
    /// A failure of ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Puts a set into force in the name of its author, or says why not. With it, what should be
/// looked at all the same, a sentence each.
pub async fn publish(
    publications: &impl Publications,
    texts: &impl PolicyTexts,
    publishers: &Publishers,
    new: &NewRules,
) -> Result<(Publishing, Vec<String>), NotPublished> {
    let (read, old) = in_force(publications).await?;
    // Who may publish nothing is told nothing about what is in force, or in a set.
    let person = author(old.as_ref(), publishers, new)?;
    let rules = sound(new)?;
    let looks = looked_up(texts, &rules).await?;
    let digest = rules.digest();
    if old.is_some() && read.is_some_and(|read| read.rules == digest) {
        return Ok((Publishing::Unchanged, looks));
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
                return Ok((Publishing::Proposed(own), looks));
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
        Committed::Done => Ok((Publishing::InForce(Box::new(publication)), looks)),
        Committed::Lost => Err(NotPublished::Overtaken),
    }
}

/// Which set is in force, and the set itself if it can be read: a damaged one is there to be
/// replaced. None before the first publication.
pub async fn in_force(
    publications: &impl Publications,
) -> Result<(Option<InForce>, Option<RuleSet>), Fault> {
    let Some(current) = publications.latest().await? else { return Ok((None, None)) };
    let sources = publications.sources(current.rules).await?;
    Ok((Some(current), sources.and_then(|sources| sources.check_published().ok())))
}

/// Whether one proposal is another person's of the same set, in place of the same.
fn seconds(own: &Proposal, first: &Proposal) -> bool {
    own.rules == first.rules && own.after == first.after && own.person != first.person
}

/// The person whom the rules in force let publish; none for whom the deployment names.
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

/// A set that is right by the letter, lets somebody in, and is about this account.
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

/// Looks at what is granted and stands in IAM, a few at a time. What can be left behind with
/// it and is not said refuses the set; what cannot be seen is said.
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
    let (mut looks, mut problems): (Vec<String>, Vec<RuleProblem>) = Default::default();
    for ((elsewhere, entries), found) in wanted.iter().zip(found) {
        let Some(found) = found else {
            let entries: Vec<_> = entries.iter().map(|id| format!("`{id}`")).collect();
            looks.push(format!(
                "what {elsewhere} allows cannot be seen from here: if something that is made \
                 with it may stay, say so by `lasting` in {}",
                entries.join(", ")
            ));
            continue;
        };
        let unsaid = found.iter().flat_map(|(name, text)| lasting_elsewhere(name, text, entries));
        problems.extend(unsaid);
    }
    if problems.is_empty() { Ok(looks) } else { Err(RulesError { problems }.into()) }
}

/// What it says, by the names of its policies; none if that cannot be seen.
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
