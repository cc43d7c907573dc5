//! Advice on a policy that IAM accepts.

use jsonc_parser::{CollectOptions, ParseOptions, ast::Object, parse_to_ast};

use super::{Mistakes, glob::matches, list, place, services, texts};
use crate::source::{File, RuleProblem};

/// The action that a holder needs to give access back through our API.
const INVOKE: &str = "execute-api:Invoke";

/// Finds oddities in a policy that IAM accepts.
pub(crate) fn advice(file: &File) -> Vec<RuleProblem> {
    let mut odd = Mistakes { file, found: Vec::new() };
    let parsed = parse_to_ast(&file.text, &CollectOptions::default(), &ParseOptions::default());
    let parsed = parsed.ok().and_then(|parsed| parsed.value);
    let statements = parsed.as_ref().and_then(|root| root.as_object()?.get("Statement"));
    for statement in statements.iter().flat_map(|element| list(&element.value)) {
        if let Some(statement) = statement.as_object() {
            of_statement(statement, &mut odd);
        }
    }
    odd.found
}

fn of_statement(statement: &Object<'_>, odd: &mut Mistakes<'_>) {
    for text in texts(statement, &["Action", "NotAction"]) {
        if let Some(message) = services::unknown_action(text.0) {
            odd.warn(text.1, message, "IAM takes it, and it matches nothing");
        }
    }
    let operators = statement.get("Condition").and_then(|element| element.value.as_object());
    for operator in operators.iter().flat_map(|operators| &operators.properties) {
        for key in operator.value.as_object().iter().flat_map(|keys| &keys.properties) {
            if let Some(message) = services::unknown_key(key.name.as_str()) {
                odd.warn(place(&key.name), message, "IAM takes it, and no request ever has it");
            }
        }
    }
    if locks_out(statement) {
        let help = "while it is open, its holder may not be able to give it back: leave \
                    `execute-api:Invoke` out of what it denies";
        odd.warn(place(statement), "this `Deny` covers calls of Portcullis itself", help);
    }
}

/// Whether a statement may deny calls of our API.
fn locks_out(statement: &Object<'_>) -> bool {
    let said = |name: &str| texts(statement, &[name]);
    let denies = said("Effect").iter().any(|(effect, _)| *effect == "Deny");
    let of_invoke = |(action, _): &(&str, _)| *action == "*" || matches(action, INVOKE);
    let action = said("Action").iter().any(of_invoke)
        || (statement.get("NotAction").is_some() && !said("NotAction").iter().any(of_invoke));
    let of_api = |(resource, _): &(&str, _)| {
        *resource == "*" || resource.split(':').nth(2) == Some("execute-api")
    };
    let resource = said("Resource").iter().any(of_api)
        || (statement.get("NotResource").is_some() && !said("NotResource").iter().any(of_api));
    denies && action && resource
}
