//! Working on the rules: checking, testing, comparing, and putting them into force.

use std::{fmt::Write as _, io::IsTerminal, path::Path};

use anyhow::{Context, Result, bail};
use aws::{dynamo::PublishedRules, sdk};
use aws_config::SdkConfig;
use domain::value::Digest;
use miette::{GraphicalReportHandler, GraphicalTheme};
use rules::{
    source::{RuleProblem, RuleSet, RulesError, Sources},
    tools::changes,
};
use wire::{PublishingDocument, RuleFiles};

use super::{explain, requests::ApiCommands};
use crate::{api::Api, args::Rules, reach};

pub(super) async fn run(command: Rules, api: &ApiCommands) -> Result<String> {
    match command {
        Rules::Validate { directory } => {
            let rules = sound(&directory)?;
            let (counted, digest) = (counted(&rules), rules.digest());
            Ok(format!("{}The rules are sound: {counted}.\ndigest {digest}", advised(&rules)))
        }
        Rules::Test { directory } => test(&read(&directory)?, &directory),
        Rules::Diff { directory, against, table } => {
            diff(&directory, against.as_deref(), table).await
        }
        Rules::Explain { id, record } => explain::run(&id, record.as_deref(), api).await,
        Rules::Push { directory, stack } => push(&directory, &stack, api).await,
        Rules::Log { table } => log(table).await,
    }
}

/// Tries the tests beside the rules.
fn test(rules: &RuleSet, directory: &Path) -> Result<String> {
    let tried =
        rules.try_tests(directory)?.map_err(|problem| anyhow::anyhow!(shown(&[*problem])))?;
    let mut text = String::new();
    for test in &tried {
        let outcome = if test.problem.is_none() { "ok    " } else { "FAILED" };
        _ = writeln!(text, "{outcome}  {}", test.name);
    }
    let problems: Vec<_> = tried.into_iter().filter_map(|test| test.problem).collect();
    if !problems.is_empty() {
        bail!("{text}\n{}", shown(&problems));
    }
    Ok(text + "The rules say what their tests expect.")
}

async fn diff(directory: &Path, against: Option<&Path>, table: Option<String>) -> Result<String> {
    let after = read(directory)?;
    let (before, name) = match (against, table) {
        (Some(against), _) => (Some(read(against)?), against.display().to_string()),
        (None, Some(table)) => {
            let published = PublishedRules::new(&sdk::load("cli").await, table);
            let (_, before) = service::in_force(&published).await?;
            (before, "what is in force".to_owned())
        }
        (None, None) => bail!(
            "compare with what? Say --against DIRECTORY, or set PORTCULLIS_REQUESTS_TABLE to \
             compare with what is in force"
        ),
    };
    let changes = changes(before.as_ref(), &after);
    if changes.is_empty() {
        return Ok(format!("No difference to {name}."));
    }
    Ok(changes.join("\n"))
}

async fn push(directory: &Path, stack: &str, api: &ApiCommands) -> Result<String> {
    let rules = sound(directory)?;
    test(&rules, directory).context("the rules fail their own tests; the published ones stay")?;
    let sdk = sdk::load("cli").await;
    let api = Api::new(&sdk, api.url()?)?;
    let mut text = reached(&rules, &sdk, stack).await;
    let body = RuleFiles { files: rules.sources().clone() };
    let said = api.post("/rules", &body, None).await.context("what is published stays")?;
    let said: PublishingDocument = said.into_document()?;
    let (looks, digest) = match &said {
        PublishingDocument::InForce { looks, digest, .. }
        | PublishingDocument::Proposed { looks, digest, .. }
        | PublishingDocument::Unchanged { looks, digest } => (looks, *digest),
        PublishingDocument::Unknown => bail!("the API did not say what came of it"),
    };
    for sentence in looks {
        _ = writeln!(text, "look: {sentence}");
    }
    match &said {
        PublishingDocument::Unchanged { .. } | PublishingDocument::Unknown => {
            _ = writeln!(text, "Nothing to do: these rules are in force.");
        }
        PublishingDocument::Proposed { proposed_by, .. } => {
            _ = writeln!(
                text,
                "Not in force yet: these rules take two publishers, and {proposed_by} is the \
                 first. Somebody else has to push the same."
            );
        }
        PublishingDocument::InForce { changes, proposed_by, .. } => {
            _ = writeln!(text, "{}The rules are in force: {}.", advised(&rules), counted(&rules));
            if let Some(first) = proposed_by {
                _ = writeln!(text, "first published by {first}");
            }
            _ = writeln!(text, "{}", changes.join("\n"));
        }
    }
    Ok(format!("{text}digest {digest}"))
}

async fn log(table: String) -> Result<String> {
    let log = PublishedRules::new(&sdk::load("cli").await, table).log().await?;
    let mut text = String::new();
    for entry in log.iter().rev() {
        _ = writeln!(text, "{:.0}  {}  {}", entry.at, short(entry.rules), entry.actor);
        if let Some(first) = &entry.event.proposed_by {
            _ = writeln!(text, "    first published by {first}");
        }
        for change in &entry.event.changes {
            _ = writeln!(text, "    {change}");
        }
    }
    if text.is_empty() { Ok("No rules were ever published.".to_owned()) } else { Ok(text) }
}

/// The first 12 digits of a digest, which are enough to tell one set from another.
fn short(digest: Digest) -> String {
    digest.to_string().chars().take(12).collect()
}

/// Rules without a mistake in their form.
fn read(directory: &Path) -> Result<RuleSet> {
    let sources = Sources::read(directory).context("the rules cannot be read")?;
    sources.check().map_err(|RulesError { problems }| not_taken(directory, &problems))
}

/// Rules that also pass the review: they let somebody in, and requests can be decided.
fn sound(directory: &Path) -> Result<RuleSet> {
    let rules = read(directory)?;
    match rules.review().as_slice() {
        [] => Ok(rules),
        problems => Err(not_taken(directory, problems)),
    }
}

fn not_taken(directory: &Path, problems: &[RuleProblem]) -> anyhow::Error {
    let directory = directory.display();
    let (problems, count) = (shown(problems), problems.len());
    let things = wording::counted(count, "problem", "problems");
    anyhow::anyhow!(
        "{problems}\nthe rules in {directory} are not taken: {things}; what is published stays"
    )
}

/// Problems with the text around them, in colour if standard error is a terminal.
fn shown(problems: &[RuleProblem]) -> String {
    let theme = if std::io::stderr().is_terminal() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100);
    let mut text = String::from("\n");
    for problem in problems {
        if handler.render_report(&mut text, problem).is_err() {
            _ = writeln!(text, "{problem}");
        }
    }
    text
}

/// Entries of the rules beyond the parameters of the stack, one on each line.
async fn reached(rules: &RuleSet, sdk: &SdkConfig, stack: &str) -> String {
    match reach::parameters(sdk, stack).await {
        Ok(parameters) => {
            let mut text = String::new();
            for sentence in reach::beyond(rules, &parameters) {
                _ = writeln!(text, "look: {sentence}");
            }
            text
        }
        Err(error) => format!(
            "look: whether the deployment reaches all of it could not be compared with stack \
             `{stack}` ({error}); `portcullis doctor` compares as well\n"
        ),
    }
}

/// Advice on a set, ahead of an answer. Empty if there is none.
fn advised(rules: &RuleSet) -> String {
    match rules.advice().as_slice() {
        [] => String::new(),
        advice => shown(advice) + "\n",
    }
}

fn counted(rules: &RuleSet) -> String {
    let (entitlements, people) = (rules.catalogue().len(), rules.directory().people().len());
    format!("{entitlements} entitlements, {people} people")
}
