//! Problems of a rule set, and their places.

use std::{fmt, ops::Range, sync::Arc};

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};
use thiserror::Error;

/// One problem, with its place and the way out, where they are known. It is shown as one line, or
/// by any renderer of [`miette::Diagnostic`] with the text around it.
#[derive(Debug, Clone, Error)]
pub struct RuleProblem {
    file: NamedSource<Arc<str>>,
    place: Option<Range<usize>>,
    message: String,
    help: Option<String>,
    is_advice: bool,
}

impl RuleProblem {
    /// A problem in this file, at this range of bytes.
    pub(crate) fn at(file: &File, place: Range<usize>, message: impl fmt::Display) -> Self {
        Self { place: Some(place), ..Self::in_file(file, message) }
    }

    /// A problem with a file as a whole.
    pub(crate) fn in_file(file: &File, message: impl fmt::Display) -> Self {
        let file = NamedSource::new(&file.name, Arc::clone(&file.text));
        Self { file, place: None, message: message.to_string(), help: None, is_advice: false }
    }

    pub(crate) fn with_help(mut self, help: impl fmt::Display) -> Self {
        self.help = Some(help.to_string());
        self
    }

    /// Turns the problem into advice, which does not prevent publication.
    pub(crate) fn into_advice(mut self) -> Self {
        self.is_advice = true;
        self
    }

    /// The line and the column, in characters, both counted from 1. `None` if the place is not
    /// known.
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

/// All problems of a rule set, one line for each.
#[derive(Debug, Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct RulesError {
    /// The problems, in the order in which the checks found them.
    pub problems: Vec<RuleProblem>,
}

/// A file of a set of rules.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: Arc<str>,
}

impl File {
    /// The place of the first occurrence of a text, in bytes, if there is one.
    pub(crate) fn find(&self, text: &str) -> Option<Range<usize>> {
        let start = self.text.find(text)?;
        Some(start..start + text.len())
    }

    /// The range of the byte at a line and a column, both counted from 1.
    pub(crate) fn place(&self, line: usize, column: usize) -> Range<usize> {
        let before: usize =
            self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let start = (before + column.saturating_sub(1)).min(self.text.len());
        start..(start + 1).min(self.text.len())
    }
}
