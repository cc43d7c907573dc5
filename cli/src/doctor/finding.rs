//! What was found: how bad it is, in words, and the way out.

use std::fmt;

use serde::Serialize;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Fine,
    /// It works, and should be looked at.
    Look,
    /// It does not work, or will not when it is needed.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was looked at.
    pub about: &'static str,
    /// How it is.
    pub says: String,
    /// What to do about it.
    pub advice: Option<&'static str>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Fine => "fine ",
            Level::Look => "look ",
            Level::Wrong => "WRONG",
        };
        write!(f, "{level}  {:<10} {}", self.about, self.says)?;
        self.advice.iter().try_for_each(|advice| write!(f, "\n{:18} {advice}", ""))
    }
}

/// Findings as they come in.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn fine(&mut self, about: &'static str, says: impl Into<String>) {
        self.0.push(Finding { level: Level::Fine, about, says: says.into(), advice: None });
    }

    pub(super) fn look(
        &mut self,
        about: &'static str,
        says: impl Into<String>,
        advice: &'static str,
    ) {
        let advice = Some(advice);
        self.0.push(Finding { level: Level::Look, about, says: says.into(), advice });
    }

    pub(super) fn wrong(
        &mut self,
        about: &'static str,
        says: impl Into<String>,
        advice: &'static str,
    ) {
        let advice = Some(advice);
        self.0.push(Finding { level: Level::Wrong, about, says: says.into(), advice });
    }

    /// How much is wrong so far.
    pub(super) fn wrongs(&self) -> usize {
        self.0.iter().filter(|finding| finding.level == Level::Wrong).count()
    }

    /// Something could not be looked at, which is a finding too.
    pub(super) fn could_not_check(
        &mut self,
        about: &'static str,
        error: &(dyn std::error::Error + 'static),
    ) {
        let causes = std::iter::successors(Some(error), |error| error.source());
        let causes: Vec<_> = causes.map(ToString::to_string).collect();
        let says = format!("could not be looked at: {}", causes.join(": "));
        self.wrong(about, says, "look with the credentials of an administrator");
    }
}

impl From<Findings> for Vec<Finding> {
    fn from(findings: Findings) -> Self {
        findings.0
    }
}
