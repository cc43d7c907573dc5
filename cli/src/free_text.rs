//! Values that people write in their own words, and which may begin with a dash.

use std::{ffi::OsStr, str::FromStr};

use clap::{
    Arg, Command,
    builder::{StringValueParser, TypedValueParser},
    error::{Error, ErrorKind},
};

/// A reader of free text. It refuses an option of the same command: a person who writes
/// `--reason --dry-run` has forgotten the reason, and must not submit a real request by that.
pub(crate) fn free_text() -> FreeText {
    FreeText
}

/// A reader like `free_text`, for a value of another type.
pub(crate) fn parsed<T>() -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static> + Clone + Send + Sync + 'static,
{
    free_text().try_map(|text: String| text.parse::<T>())
}

/// Reads text as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FreeText;

impl TypedValueParser for FreeText {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, Error> {
        let text = StringValueParser::new().parse_ref(command, argument, value)?;
        match option_in(command, &text) {
            Some(option) => Err(forgotten(command, argument, option)),
            None => Ok(text),
        }
    }
}

/// The option of this command that a text is, with or without a value. None if it is none.
fn option_in<'t>(command: &Command, text: &'t str) -> Option<&'t str> {
    let name = text.split('=').next()?;
    let is = |argument: &Arg| {
        let long = argument.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long));
        let short = argument.get_short().map(|short| format!("-{short}"));
        long || short.as_deref() == Some(text)
    };
    (text == "--" || command.get_arguments().any(is)).then_some(name)
}

fn forgotten(command: &Command, argument: Option<&Arg>, option: &str) -> Error {
    let wanted = argument.map(ToString::to_string).unwrap_or_default();
    let says = format!("a value is required for '{wanted}', and `{option}` is an option itself");
    command.clone().error(ErrorKind::InvalidValue, says)
}
