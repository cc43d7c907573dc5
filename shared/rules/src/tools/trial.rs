//! Runs `tests.toml`: drafts with the rulings that the rules should give.

use std::{collections::BTreeSet, io, net::IpAddr, path::Path};

use domain::value::{CallContext, Duration, EntitlementId, Person, Reason, RuleId, Ticket};
use jiff::Timestamp;
use serde::Deserialize;
use toml::Spanned;

use crate::{
    judge::{RequestDraft, Ruling, Urgency},
    source::{File, RuleProblem, RuleSet, TESTS, parse, text},
};

/// The time of a test that names no time: a Monday at noon, UTC.
const NOON: &str = "2026-01-05T12:00:00Z";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestsFile {
    #[serde(default)]
    test: Vec<Trial>,
}

/// One test: a draft with its requester and its call context, and the expected ruling.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trial {
    name: Spanned<String>,
    who: Spanned<Person>,
    asks: EntitlementId,
    r#for: Duration,
    reason: Option<Reason>,
    ticket: Option<Ticket>,
    starts_at: Option<Timestamp>,
    #[serde(default)]
    break_glass: bool,
    at: Option<Timestamp>,
    from: Option<IpAddr>,
    #[serde(default)]
    mfa: bool,
    expect: Expected,
    reasons: Option<BTreeSet<RuleId>>,
    approvers: Option<BTreeSet<Person>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expected {
    Allow,
    NeedsApproval,
    Deny,
}

/// The result of a test.
#[derive(Debug)]
pub struct Tried {
    /// The name of the test.
    pub name: String,
    /// The difference from the expected ruling. `None` if the test passed.
    pub problem: Option<RuleProblem>,
}

impl RuleSet {
    /// Runs the tests in `tests.toml` of a rules directory; without this file there are none. The
    /// outer error is one of reading the file, the inner one of parsing it.
    pub fn try_tests(&self, directory: &Path) -> io::Result<Result<Vec<Tried>, Box<RuleProblem>>> {
        match text(&directory.join(TESTS)) {
            Ok(text) => Ok(self.try_text(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Ok(Vec::new())),
            Err(error) => Err(error),
        }
    }

    /// Runs the tests in a text of the form of `tests.toml`. The error is one of parsing it.
    pub fn try_text(&self, text: &str) -> Result<Vec<Tried>, Box<RuleProblem>> {
        let file = File { name: TESTS.to_owned(), text: text.into() };
        let parsed: TestsFile = parse(&file)?;
        let tried = parsed.test.into_iter().map(|trial| {
            let problem = if let Some(said) = self.answer(&trial) {
                trial.differs(&said).map(|difference| {
                    let help = "mend the rules, or the test if this is what they should say now";
                    RuleProblem::at(&file, trial.name.span(), difference).with_help(help)
                })
            } else {
                let nobody = format!("{} is not in people.toml", trial.who.as_ref());
                Some(RuleProblem::at(&file, trial.who.span(), nobody))
            };
            Tried { name: trial.name.into_inner(), problem }
        });
        Ok(tried.collect())
    }

    /// The ruling for a test. `None` if the requester is not in the directory.
    fn answer(&self, trial: &Trial) -> Option<Ruling> {
        let requester = self.directory.requester(trial.who.as_ref())?;
        let noon = || NOON.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let call = CallContext {
            at: trial.at.unwrap_or_else(noon),
            source_ip: trial.from,
            mfa: trial.mfa,
        };
        let reason = trial.reason.clone().or_else(|| "x".repeat(Reason::MAX_CHARS).parse().ok());
        let draft = RequestDraft {
            entitlement: trial.asks.clone(),
            duration: trial.r#for,
            reason: reason?,
            ticket: trial.ticket.clone(),
            starts_at: trial.starts_at,
            extends: None,
            urgency: if trial.break_glass { Urgency::BreakGlass } else { Urgency::Usual },
        };
        Some(self.weigh(&requester, &draft, call))
    }
}

impl Trial {
    /// The difference between this ruling and the expected one, if there is one.
    fn differs(&self, verdict: &Ruling) -> Option<String> {
        let (said, why) = match verdict {
            Ruling::Allow(terms) => (Expected::Allow, listed(&terms.basis.rule_ids)),
            Ruling::NeedsApproval(terms) => {
                (Expected::NeedsApproval, listed(terms.approval.people()))
            }
            Ruling::Deny(denials) => {
                let reasons = denials.iter().map(|denial| format!("{}: {denial}", denial.rule));
                (Expected::Deny, reasons.collect::<Vec<_>>().join("; "))
            }
        };
        if said != self.expect {
            return Some(format!(
                "expected {}, and the rules say {} ({why})",
                self.expect.name(),
                said.name()
            ));
        }
        let reasons: BTreeSet<_> = match verdict {
            Ruling::Deny(denials) => denials.iter().map(|denial| denial.rule.clone()).collect(),
            Ruling::Allow(_) | Ruling::NeedsApproval(_) => BTreeSet::new(),
        };
        if let Some(expected) = self.reasons.as_ref().filter(|expected| **expected != reasons) {
            return Some(format!(
                "expected the reasons {}, and they are {}",
                listed(expected),
                listed(&reasons)
            ));
        }
        let approvers: BTreeSet<Person> = match verdict {
            Ruling::NeedsApproval(terms) => terms.approval.people().into_iter().cloned().collect(),
            Ruling::Allow(_) | Ruling::Deny(_) => BTreeSet::new(),
        };
        let expected = self.approvers.as_ref().filter(|expected| **expected != approvers)?;
        Some(format!(
            "expected the approvers {}, and they are {}",
            listed(expected),
            listed(&approvers)
        ))
    }
}

impl Expected {
    fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::NeedsApproval => "needs_approval",
            Self::Deny => "deny",
        }
    }
}

fn listed<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}
