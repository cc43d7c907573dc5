//! Findings: the level, the text, and the way out of each.

use std::fmt;

use serde::Serialize;

/// The level of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The part is as it should be.
    Fine,
    /// The part works, and somebody should look at it.
    Look,
    /// The part does not work, or will not work when it is needed.
    Wrong,
}

/// The finding about one part of the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its level.
    pub level: Level,
    /// The part.
    pub about: &'static str,
    /// The state of the part, in words.
    pub says: String,
    /// The way out. None if the part is as it should be.
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

/// The findings so far.
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

    /// Number of findings so far of the level `Wrong`.
    pub(super) fn wrongs(&self) -> usize {
        self.0.iter().filter(|finding| finding.level == Level::Wrong).count()
    }

    /// Adds the finding that a part could not be checked. Its level is `Wrong`.
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
