//! The files of a rule set, and the checks that turn them into rules.

mod check;
mod entries;
mod files;
mod grants;
mod lasting;
mod people;
mod problem;
mod rule_set;
mod scrutiny;
mod syntax;

pub use files::Sources;
pub(crate) use files::{TESTS, text};
pub(crate) use grants::is_policy;
pub use lasting::{Elsewhere, lasting_elsewhere};
pub(crate) use problem::File;
pub use problem::{RuleProblem, RulesError};
pub use rule_set::RuleSet;
pub(crate) use syntax::{is_a_line, look_of, parse};
