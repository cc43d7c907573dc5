//! Reads and checks the policies: each has a name, refers only to things that exist, and passes
//! strict validation against the schema.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use cedar_policy::{
    ActionConstraint, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use domain::value::{Person, RuleId};
use miette::Diagnostic;
use serde_json::Value;

use super::{
    Action,
    facts::THE_RULES,
    rule::{self, Rule, walk},
};
use crate::{
    directory::{Catalogue, Directory},
    source::{File, RuleProblem, is_a_line, look_of},
};

const SCHEMA: &str = include_str!("schema.cedarschema");
const BASE: &str = include_str!("base.cedar");

/// The schema, parsed once: it is the same for every set.
static PARSED: LazyLock<Result<Schema, String>> = LazyLock::new(|| {
    let parsed = Schema::from_cedarschema_str(SCHEMA);
    parsed.map(|(schema, _)| schema).map_err(|error| error.to_string())
});

/// The file name of the base in messages. No file of a set can have this name.
const BASE_FILE: &str = "<base>";

/// The annotations that a rule may carry.
const ANNOTATIONS: [&str; 4] = ["id", "reason", "advice", "except"];

/// The value of `@except` with which a `forbid` on `request` leaves broken glass alone. Without it,
/// the rule applies to broken glass as well.
pub(super) const BREAK_GLASS: &str = "breakGlass";

/// All rules of a set, the base included, by name.
pub(crate) struct Policies {
    pub(crate) schema: Schema,
    pub(crate) rules: BTreeMap<RuleId, Rule>,
}

impl Policies {
    /// Reads the `*.cedar` files and checks them against the schema, the people and the catalogue.
    /// Problems go to `found`, and a set with a problem is not used.
    pub(crate) fn check(
        files: impl Iterator<Item = File>,
        (catalogue, directory): (&Catalogue, &Directory),
        found: &mut Vec<RuleProblem>,
    ) -> Option<Self> {
        let base = File { name: BASE_FILE.to_owned(), text: BASE.into() };
        let schema = match &*PARSED {
            Ok(schema) => schema.clone(),
            Err(error) => {
                found.push(RuleProblem::in_file(&base, error));
                return None;
            }
        };
        let mut reader = Reader {
            rules: BTreeMap::new(),
            origins: HashMap::new(),
            seen_looks: HashMap::new(),
            found,
        };
        for file in [base].into_iter().chain(files) {
            reader.read(&file, (catalogue, directory));
        }
        reader.validate(&schema);
        Some(Self { schema, rules: reader.rules })
    }
}

struct Reader<'a> {
    rules: BTreeMap<RuleId, Rule>,
    origins: HashMap<PolicyId, File>,
    seen_looks: HashMap<String, RuleId>,
    found: &'a mut Vec<RuleProblem>,
}

impl Reader<'_> {
    fn read(&mut self, file: &File, known: (&Catalogue, &Directory)) {
        let set: PolicySet = match file.text.parse() {
            Ok(set) => set,
            Err(errors) => {
                let errors: &cedar_policy::ParseErrors = &errors;
                self.found.extend(errors.iter().map(|error| located(file, error)));
                return;
            }
        };
        if set.templates().next().is_some() {
            self.found.push(RuleProblem::in_file(
                file,
                "a rule with a slot such as `?principal` is not a rule yet",
            ));
        }
        for policy in set.policies() {
            self.add(file, policy, known);
        }
    }

    fn add(&mut self, file: &File, policy: &Policy, known: (&Catalogue, &Directory)) {
        let place = place_of(file, policy);
        let say = |message: String| RuleProblem::at(file, place.clone(), message);
        let Some(Ok(id)) = policy.annotation("id").map(str::parse::<RuleId>) else {
            let help =
                "write `@id(\"some-name\")` above it, in lower-case letters, digits and `-_./`";
            self.found.push(say("this rule has no proper name".to_owned()).with_help(help));
            return;
        };
        let json = policy.to_json().unwrap_or_default();
        for literal in unknown_entities(&json, known) {
            let place = find_from(file, place.start, &literal).unwrap_or(place.clone());
            self.found.push(RuleProblem::at(file, place, format!("there is no {literal}")));
        }
        for tag in unknown_tags(&json, known.0) {
            let place =
                find_from(file, place.start, &format!("\"{tag}\"")).unwrap_or(place.clone());
            let problem = RuleProblem::at(file, place, format!("no entry has a tag `{tag}`"));
            self.found.push(match similar(&tag, known.0) {
                Some(other) => problem.with_help(format!("there is a tag `{other}`")),
                None => problem.with_help("name it in `tags` of an entry, or take the rule back"),
            });
        }
        if let Some(other) = self.seen_looks.insert(look_of(id.as_str()), id.clone()) {
            self.found.push(say(format!(
                "the rules `{other}` and `{id}` have the same name, or look the same"
            )));
        }
        let rule = Rule::new(policy.new_id(PolicyId::new(id.as_str())), &json);
        if file.name != BASE_FILE {
            self.check_style(&rule, &id, &say);
        }
        self.origins.insert(rule.policy.id().clone(), file.clone());
        self.rules.insert(id, rule);
    }

    /// Checks that a rule outside the base has a name of its own, known annotations, no `permit`
    /// for every action or for `approve`, and advice in a `forbid`.
    fn check_style(&mut self, rule: &Rule, id: &RuleId, say: &impl Fn(String) -> RuleProblem) {
        let policy = &rule.policy;
        if id.as_str().starts_with(rule::BASE) {
            self.found.push(say("names that start with `base/` are those of the base".to_owned()));
        }
        for (key, text) in policy.annotations() {
            if !ANNOTATIONS.contains(&key) {
                let help = "there are @id, @reason, @advice and @except";
                self.found.push(say(format!("`@{key}` means nothing here")).with_help(help));
            } else if key != "id" && !is_a_line(text) {
                self.found.push(say(format!("`@{key}` is one line of 1 to 100 characters")));
            }
        }
        let excepts = policy.annotation("except");
        let can_except = !rule.permits() && rule.is_about(Action::Request);
        if excepts.is_some_and(|except| except != BREAK_GLASS || !can_except) {
            let help =
                "`@except(\"breakGlass\")` on a `forbid` about `request` leaves broken glass alone";
            self.found.push(say("`@except` means nothing here".to_owned()).with_help(help));
        }
        if rule.permits() {
            if matches!(policy.action_constraint(), ActionConstraint::Any) {
                let help = "write `action == Action::\"request\"`, or what else it permits";
                self.found.push(say(format!("`{id}` permits everything at once")).with_help(help));
            } else if rule.is_about(Action::Approve) {
                let help = "name approvers in a step of the entitlement; a `forbid` can keep people from it";
                self.found.push(say(format!("`{id}` cannot make approvers")).with_help(help));
            }
        } else if policy.annotation("advice").is_none() {
            let help = "write `@advice(\"…\")`: what whoever is refused should do";
            self.found.push(say(format!("`{id}` forbids and gives no advice")).with_help(help));
        }
    }

    fn validate(&mut self, schema: &Schema) {
        let Ok(set) = PolicySet::from_policies(self.rules.values().map(|rule| rule.policy.clone()))
        else {
            return;
        };
        let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        for error in result.validation_errors() {
            if let Some(file) = self.origins.get(error.policy_id()) {
                self.found.push(located(file, error));
            }
        }
        for warning in result.validation_warnings() {
            if let Some(file) = self.origins.get(warning.policy_id()) {
                self.found.push(located(file, warning));
            }
        }
    }
}

/// The problem for an error of Cedar, at the place that Cedar names.
fn located(file: &File, error: &dyn Diagnostic) -> RuleProblem {
    let label = error.labels().and_then(|mut labels| labels.next());
    let problem = match label {
        Some(label) => {
            let place = label.offset()..label.offset() + label.len();
            RuleProblem::at(file, place, error)
        }
        None => RuleProblem::in_file(file, error),
    };
    match error.help() {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}

/// The place of a rule, in bytes: its `@id`, or else its first line, or else the top of the file.
fn place_of(file: &File, policy: &Policy) -> std::ops::Range<usize> {
    let named = policy.annotation("id").and_then(|id| file.find(&format!("@id(\"{id}\")")));
    named.or_else(|| file.find(policy.to_cedar()?.lines().next()?)).unwrap_or(0..0)
}

/// The place of the first occurrence of a text at or after byte `start`, if there is one.
fn find_from(file: &File, start: usize, text: &str) -> Option<std::ops::Range<usize>> {
    let at = start + file.text.get(start..)?.find(text)?;
    Some(at..at + text.len())
}

/// Cedar operators that compare tags with something.
const COMPARED: [&str; 5] = ["contains", "containsAll", "containsAny", "==", "!="];

/// The tags in a rule that no entry has. Such a rule has no effect, and a `forbid` would forbid
/// nothing.
fn unknown_tags(json: &Value, catalogue: &Catalogue) -> Vec<String> {
    let is_tags = |side: &Value| side.pointer("/./attr").and_then(Value::as_str) == Some("tags");
    let mut unknown = Vec::new();
    walk(json, &mut |value| {
        for (left, right) in COMPARED.iter().filter_map(|operator| sides(value.get(operator)?)) {
            let compared = match (is_tags(left), is_tags(right)) {
                (true, false) => right,
                (false, true) => left,
                (true, true) | (false, false) => continue,
            };
            unknown.extend(
                texts(compared)
                    .into_iter()
                    .filter(|tag| !catalogue.values().any(|entry| entry.tags.contains(*tag)))
                    .map(str::to_owned),
            );
        }
    });
    unknown
}

fn sides(operands: &Value) -> Option<(&Value, &Value)> {
    Some((operands.get("left")?, operands.get("right")?))
}

/// The texts that an expression can have as its value, as far as they are literals.
fn texts(expression: &Value) -> Vec<&str> {
    match expression {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(operator, value)| match operator.as_str() {
                "Value" | "Set" => texts(value),
                "if-then-else" => ["then", "else"]
                    .iter()
                    .filter_map(|branch| value.get(branch))
                    .flat_map(texts)
                    .collect(),
                _ => Vec::new(),
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// A known tag that was perhaps meant: one letter more, one less, or one different.
fn similar<'c>(tag: &str, catalogue: &'c Catalogue) -> Option<&'c str> {
    let near = |known: &&String| {
        let same = |(one, other): &(char, char)| one.eq_ignore_ascii_case(other);
        let ahead = known.chars().zip(tag.chars()).take_while(same).count();
        let behind = known.chars().rev().zip(tag.chars().rev()).take_while(same).count();
        let longest = known.chars().count().max(tag.chars().count());
        known.chars().count().abs_diff(tag.chars().count()) <= 1 && ahead + behind + 1 >= longest
    };
    catalogue.values().flat_map(|entry| &entry.tags).find(near).map(String::as_str)
}

/// The people, groups and entitlements in a rule that do not exist: with a misspelt group, a
/// `forbid` would forbid nobody.
fn unknown_entities(json: &Value, (catalogue, directory): (&Catalogue, &Directory)) -> Vec<String> {
    let mut unknown = Vec::new();
    walk(json, &mut |value| {
        let word = |key: &str| value.get(key).and_then(Value::as_str);
        let (Some(kind), Some(id)) = (word("type"), word("id")) else { return };
        let exists = match kind {
            // Written as the directory keeps it: for Cedar, `Ann@…` and `ann@…` are two people.
            "Person" => id.parse::<Person>().is_ok_and(|person| {
                person.as_str() == id && directory.people().contains_key(&person)
            }),
            "Group" => directory.groups().contains_key(id),
            "Rules" => id == THE_RULES,
            "Entitlement" => id.parse().is_ok_and(|id| catalogue.contains_key(&id)),
            // The schema defines and checks actions and weekdays.
            _ => true,
        };
        if !exists {
            unknown.push(format!("{kind}::\"{id}\""));
        }
    });
    unknown
}
