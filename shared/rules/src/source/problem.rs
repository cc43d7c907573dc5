//! What is wrong with a set of rules, and where.

use std::{fmt, ops::Range, sync::Arc};

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};
use thiserror::Error;

/// One thing that is wrong, with its place and, where we know it, the way out.
/// Shown as one line, or by any renderer of [`miette::Diagnostic`] with the text
/// around it.
#[derive(Debug, Clone, Error)]
pub struct RuleProblem {
    file: NamedSource<Arc<str>>,
    place: Option<Range<usize>>,
    message: String,
    help: Option<String>,
    is_advice: bool,
}

impl RuleProblem {
    /// Something wrong in this file, at this range of bytes.
    pub(crate) fn at(file: &File, place: Range<usize>, message: impl fmt::Display) -> Self {
        Self { place: Some(place), ..Self::in_file(file, message) }
    }

    /// Something wrong with a file as a whole.
    pub(crate) fn in_file(file: &File, message: impl fmt::Display) -> Self {
        let file = NamedSource::new(&file.name, Arc::clone(&file.text));
        Self { file, place: None, message: message.to_string(), help: None, is_advice: false }
    }

    pub(crate) fn with_help(mut self, help: impl fmt::Display) -> Self {
        self.help = Some(help.to_string());
        self
    }

    /// The same, as something to look at that keeps nobody from anything.
    pub(crate) fn into_advice(mut self) -> Self {
        self.is_advice = true;
        self
    }

    /// The line and the column, both counted from 1, where the place is known.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        let before = self.file.inner().get(..self.place.as_ref()?.start)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..)?.chars().count();
        Some((before.matches('\n').count() + 1, column + 1))
    }
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.name())?;
        if let Some((line, column)) = self.line_and_column() {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl Diagnostic for RuleProblem {
    fn severity(&self) -> Option<Severity> {
        Some(if self.is_advice { Severity::Warning } else { Severity::Error })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|_| &self.file as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.clone()?;
        Some(Box::new([LabeledSpan::underline(place)].into_iter()))
    }
}

/// Everything that is wrong with a set of rules: one line a problem.
#[derive(Debug, Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct RulesError {
    /// The problems, in the order of the files.
    pub problems: Vec<RuleProblem>,
}

/// A file of a set of rules.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: Arc<str>,
}

impl File {
    /// Where a text first stands in the file.
    pub(crate) fn find(&self, text: &str) -> Option<Range<usize>> {
        let start = self.text.find(text)?;
        Some(start..start + text.len())
    }

    /// The bytes around a line and a column, both counted from 1.
    pub(crate) fn place(&self, line: usize, column: usize) -> Range<usize> {
        let before: usize =
            self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let start = (before + column.saturating_sub(1)).min(self.text.len());
        start..(start + 1).min(self.text.len())
    }
}
