//! IAM's policy grammar. It shows whether IAM will accept a document, when the rules are read.
//!
//! Otherwise a document that IAM refuses would be found only when access is to open, after people
//! have approved it. So everything that IAM refuses, by its documentation or by its messages, is
//! refused here at its place in the file. A document that IAM accepts passes.
//!
//! Two checks are stricter than IAM, and say so: the older version of the language, in which
//! `${aws:username}` is plain text, and conditions on the keys that the fence of a grant uses. A
//! name that IAM accepts, although it can never match, is accepted here as well.
//!
//! Sources: the [grammar], the [elements], the [operators], and the messages of
//! `MalformedPolicyDocument` in public reports.
//!
//! [grammar]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
//! [elements]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
//! [operators]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

mod advice;
mod arn;
mod condition;
mod document;
mod glob;
mod lasting;
mod services;
mod value;
mod variable;

use std::ops::Range;

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{Object, Value},
    common::Ranged,
    parse_to_ast,
};
use serde::de::IgnoredAny;

pub(crate) use advice::advice;
pub(crate) use lasting::{Lasting, lasting};

use crate::source::{File, RuleProblem};

/// Finds everything in a policy file that IAM does not accept.
pub(crate) fn check(file: &File) -> Vec<RuleProblem> {
    let mut mistakes = Mistakes { file, found: Vec::new() };
    // Strict JSON first: its errors name the place best.
    if let Err(error) = serde_json::from_str::<IgnoredAny>(&file.text) {
        let place = file.place(error.line().max(1), error.column().max(1));
        mistakes.say(place, format!("this is not JSON: {error}"));
        return mistakes.found;
    }
    match parse_to_ast(&file.text, &CollectOptions::default(), &ParseOptions::default()) {
        Ok(parsed) => match &parsed.value {
            Some(root) => {
                document::check(root, &mut mistakes);
                characters(root, &mut mistakes);
            }
            None => mistakes.say(0..0, "the file is empty"),
        },
        Err(error) => mistakes.say(0..0, format!("this is not JSON: {error}")),
    }
    mistakes.found
}

/// Collects the problems of one file.
struct Mistakes<'a> {
    file: &'a File,
    found: Vec<RuleProblem>,
}

impl Mistakes<'_> {
    fn say(&mut self, place: Range<usize>, message: impl std::fmt::Display) {
        self.found.push(RuleProblem::at(self.file, place, message));
    }

    fn advise(
        &mut self,
        place: Range<usize>,
        message: impl std::fmt::Display,
        help: impl std::fmt::Display,
    ) {
        self.found.push(RuleProblem::at(self.file, place, message).with_help(help));
    }

    fn warn(
        &mut self,
        place: Range<usize>,
        message: impl std::fmt::Display,
        help: impl std::fmt::Display,
    ) {
        self.found.push(RuleProblem::at(self.file, place, message).with_help(help).into_advice());
    }
}

/// Checks the characters: IAM accepts U+0020 to U+00FF, tabs and line breaks. An escape counts as
/// its character, because the document is written anew for IAM.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>
fn characters(node: &Value, mistakes: &mut Mistakes<'_>) {
    let mut look = |text: &str, place: Range<usize>| {
        let odd = |c: &char| !matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FF}');
        if let Some(c) = text.chars().find(odd) {
            let message = format!("U+{:04X} is a character IAM does not take", u32::from(c));
            mistakes.say(place, message);
        }
    };
    match node {
        Value::StringLit(text) => look(&text.value, place(text)),
        Value::Array(list) => list.elements.iter().for_each(|one| characters(one, mistakes)),
        Value::Object(object) => {
            for property in &object.properties {
                look(property.name.as_str(), place(&property.name));
            }
            for property in &object.properties {
                characters(&property.value, mistakes);
            }
        }
        Value::NumberLit(_) | Value::BooleanLit(_) | Value::NullKeyword(_) => {}
    }
}

/// The range of a node in its file, in bytes.
fn place(node: &impl Ranged) -> Range<usize> {
    node.start()..node.end()
}

/// The elements of a list, or the value itself as the only element.
fn list<'a>(value: &'a Value<'a>) -> &'a [Value<'a>] {
    value.as_array().map_or(std::slice::from_ref(value), |list| &list.elements)
}

/// The texts of these elements, each with its place. Other values are left out.
fn texts<'a>(statement: &'a Object<'a>, names: &[&str]) -> Vec<(&'a str, Range<usize>)> {
    let elements = names.iter().filter_map(|name| statement.get(name));
    let values = elements.flat_map(|element| list(&element.value));
    let text = |value: &'a Value<'a>| Some((&*value.as_string_lit()?.value, place(value)));
    values.filter_map(text).collect()
}

/// Names the kind of a JSON value, in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::StringLit(_) => "a text",
        Value::NumberLit(_) => "a number",
        Value::BooleanLit(_) => "true or false",
        Value::Object(_) => "an object",
        Value::Array(_) => "a list",
        Value::NullKeyword(_) => "null",
    }
}

#[cfg(test)]
mod tests;
