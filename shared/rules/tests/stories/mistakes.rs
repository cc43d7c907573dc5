//! Problems of a rule set, and their places.

use rules::source::{RulesError, Sources};

use crate::sources::{ENTITLEMENTS, PEOPLE, changed, sources};

pub(crate) fn problems(sources: &Sources) -> Vec<String> {
    let RulesError { problems } = sources.check().unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_set_with_a_mistake_is_rejected_whole_and_every_mistake_has_its_place() {
    let mut wrong = changed(
        "entitlements.toml",
        "group:engineers\"",
        "group:enginers\", \"eve@example.com\", \"x\"",
    );
    let text = wrong.get("entitlements.toml").unwrap();
    let text = text.replace("\"group:owners\"", "").replace("orders-read.json", "missing.json");
    wrong.set("entitlements.toml", text.replace("max_duration", "quorum = 0\nmax_duration"));
    assert_eq!(
        problems(&wrong),
        [
            "entitlements.toml:7:15: nobody is in a group `enginers`",
            "entitlements.toml:7:33: eve@example.com is not in people.toml",
            "entitlements.toml:7:52: `x`: a person is named by a plain mail address such as `ann@example.com`",
            "entitlements.toml:8:13: this names nobody",
            "entitlements.toml:9:10: `quorum` is at least 1",
            "entitlements.toml:13:44: there is no file `policies/missing.json`",
        ]
    );
}

/// Changes to a sound set: the file, the old text, the new text, and the problem.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    ("entitlements.toml", "title =", "titel =", "entitlements.toml:6:1: unknown field `titel`"),
    ("entitlements.toml", "\"1h\"", "\"0s\"", "a duration is a whole number of seconds"),
    ("entitlements.toml", "\"1h\"", "\"9999999h\"", "a duration is at most 365 days"),
    ("entitlements.toml", "Europe/Berlin", "Europe/Bonn", "2:12: there is no such time zone"),
    ("entitlements.toml", "approvers = [\"group:owners\"]", "", "it is not clear who decides"),
    ("entitlements.toml", "decide_", "remind_at = 100\ndecide_", "a share is whole percent"),
    ("entitlements.toml", "decide_", "escalate = { to = [] }\ndecide_", "this names nobody"),
    ("people.toml", "name = \"Bob\"", "name = \"Bob\"\ntimezone = \"Here\"", "no such time zone"),
    (
        "entitlements.toml",
        "max_duration",
        "ticket = \"(\"\nmax_duration",
        "is not a regular expression",
    ),
    ("entitlements.toml", "\"orders-read\"\n", "\"Orders-Read\"\n", "an entitlement id is"),
    ("entitlements.toml", "policy = \"policies/", "policy = \"../policies/", "there is no file"),
    (
        "people.toml",
        "user/bob",
        "user/ann",
        "this ARN belongs to both ann@example.com and bob@example.com",
    ),
    ("people.toml", "user/bob", "user/Ann", "the IAM user `Ann` belongs to both"),
    (
        "people.toml",
        "000000000000:user/bob",
        "111111111111:user/bob",
        "those of account 000000000000",
    ),
    ("people.toml", "bob@example.com", "Ann@example.com", "Ann@example.com is listed twice"),
    ("people.toml", "mail = \"bob", "mail = \"bób", "a person is named by a plain mail address"),
    ("people.toml", "user/bob", "group/bob", "a caller is named by an ARN"),
    ("people.toml", "groups = [\"owners\"]", "groups = [\"0wners\"]", "named in lower-case"),
    (
        "people.toml",
        "groups = [\"owners\"]",
        "groups = [\"owners\", \"eng1neers\"]",
        "look the same",
    ),
    ("people.toml", "manager = \"carol", "manager = \"eve", "eve@example.com, the manager of ann"),
    ("people.toml", "manager = \"carol", "manager = \"ann", "is, by a detour, their own manager"),
    ("people.toml", "user/bob\"]", "user/bob\"]\nmanager = \"bob@example.com\"", "own manager"),
    ("people.toml", "AWSReservedSSO_*", "*", "is not what sessions begin with"),
    (
        "people.toml",
        "iam::000000000000:user/bob",
        "sts::000000000000:assumed-role/dev/bob",
        "so it proves nobody",
    ),
    ("policies/orders-read.json", "\"Effect\"", "\"Efect\"", "policies/orders-read.json:2:"),
    (
        "policies/orders-read.json",
        "\"Resource\":\"*\"",
        "\"Resource\":\"arn:aws:s3:::ключ\"",
        "U+043A is a character",
    ),
    (
        "policies/orders-read.json",
        "dynamodb:GetItem",
        "GetItem",
        "an action begins with its service",
    ),
    ("policies/orders-read.json", "\"*\"", "\"orders\"", "`orders` is no ARN"),
    (
        "policies/orders-read.json",
        "\"Effect\"",
        "\"Sid\":\"a b\",\"Effect\"",
        "a `Sid` is ASCII letters",
    ),
    ("people.toml", "name = \"Bob\"", "name = \"Bob \"", "is one line of 1 to 100 characters"),
    ("policies/orders-read.json", "}]}", "}]", "EOF while parsing"),
    ("own.cedar", "@id(\"night\")\n", "", "this rule has no proper name"),
    ("own.cedar", "@id(\"night\")", "@id(\"base/night\")", "are those of the base"),
    ("own.cedar", "@id(\"night\")", "@id(\"onca1l\")", "the same name, or look the same"),
    (
        "own.cedar",
        "@except(\"breakGlass\")",
        "@except(\"approve\")",
        "`@except` means nothing here",
    ),
    ("own.cedar", "@advice", "@advise", "`@advise` means nothing here"),
    ("own.cedar", "@advice(\"ask between eight and six\")\n", "", "forbids and gives no advice"),
    (
        "own.cedar",
        "Group::\"owners\"",
        "Group::\"owner\"",
        "own.cedar:10:22: there is no Group::\"owner\"",
    ),
    ("own.cedar", "context.hour < 8", "context.our < 8", "own.cedar:7:"),
    ("own.cedar", "context.hour < 8", "context.hour < \"8\"", "own.cedar:7:"),
    (
        "own.cedar",
        "principal, action == Action::\"request\"",
        "principal, action == Action::\"requests\"",
        "own.cedar:6:",
    ),
    ("own.cedar", "in Group::\"owners\"", "== Person::\"Bob@example.com\"", "there is no Person"),
    ("own.cedar", "};", "}", "own.cedar:9:"),
    (
        "own.cedar",
        "action == Action::\"breakGlass\", resource",
        "action, resource",
        "permits everything at once",
    ),
    (
        "own.cedar",
        "action == Action::\"breakGlass\"",
        "action == Action::\"approve\"",
        "cannot make approvers",
    ),
];

#[test]
fn each_mistake_there_is_has_its_words() {
    let twice = ENTITLEMENTS.split_once("[[").unwrap().1;
    let again =
        |id: &str| format!("\n[[{}", twice.replace("\"orders-read\"", &format!("\"{id}\"")));
    let mut missed = Vec::new();
    for &(file, from, to, says) in MISTAKES {
        let problems = problems(&changed(file, from, to));
        if !problems.iter().any(|problem| problem.contains(says)) {
            missed.push(format!("{says}: {problems:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    for (id, says) in
        [("orders-read", "is defined twice"), ("0rders-read", "look the same"), ("orders-reab", "")]
    {
        let mut doubled = sources();
        doubled.set("entitlements.toml", format!("{ENTITLEMENTS}{}", again(id)));
        match says {
            "" => assert!(doubled.check().is_ok()),
            says => assert!(problems(&doubled)[0].contains(says), "{:?}", problems(&doubled)),
        }
    }
    let long = changed(
        "policies/orders-read.json",
        "\"*\"",
        &format!("\"arn:aws:s3:::{}\"", "a".repeat(2_000)),
    );
    assert!(problems(&long)[0].contains("an IAM user takes 2048"), "{:?}", problems(&long));
    let mut drift = sources();
    drift.set("entitlement.toml", "");
    assert_eq!(problems(&drift), ["entitlement.toml: this belongs to no set of rules"]);
    let alone = Sources::from_iter([("people.toml", PEOPLE)]);
    assert_eq!(problems(&alone), ["entitlements.toml: this file is missing"]);
}

#[test]
fn a_tag_that_no_entry_has_is_a_mistake_at_its_place() {
    let with = |condition: &str| {
        let mut tagged =
            changed("entitlements.toml", "requesters", "tags = [\"production\"]\nrequesters");
        tagged.set(
            "more.cedar",
            format!(
                "// never \"prodution\"\n@id(\"x\") @advice(\"no \\\"prodution\\\"\")\n\
             forbid (principal, action, resource)\nwhen {{ {condition} }};"
            ),
        );
        tagged
    };
    for sound in [
        "resource.tags.contains(\"production\")",
        "[\"production\"].containsAny(resource.tags)",
        "resource.tags == [\"production\"] && context.mfa",
        "resource.tags.isEmpty() || resource.tags == resource.tags",
        "resource.tags.contains(if context has source_ip then \"production\" else \"production\")",
    ] {
        let sound = with(sound).check();
        assert!(sound.is_ok(), "{sound:?}");
    }
    for (condition, tag) in [
        ("resource.tags.contains(\"prodution\")", "prodution"),
        ("!(resource.tags.contains(\"Production\"))", "Production"),
        ("resource.tags.containsAll([\"production\", \"secret\"])", "secret"),
        ("resource.tags.containsAny([\"prod\"])", "prod"),
        ("[\"prod\"].containsAll(resource.tags)", "prod"),
        ("resource.tags != [\"prod\"]", "prod"),
        ("resource.tags.contains(if context.mfa then \"prod\" else \"production\")", "prod"),
        ("Entitlement::\"orders-read\".tags.contains(\"prod\")", "prod"),
    ] {
        let column = "when { ".len() + condition.find(&format!("\"{tag}\"")).unwrap() + 1;
        assert_eq!(
            problems(&with(condition)),
            [format!("more.cedar:4:{column}: no entry has a tag `{tag}`")],
            "{condition}"
        );
    }
}

#[test]
fn somebody_or_something_that_does_not_exist_is_a_mistake_wherever_a_rule_speaks_of_it() {
    for condition in [
        "principal in Group::\"owner\"",
        "principal in [Group::\"owners\", Group::\"owner\"]",
        "resource.approvers.groups.contains(Group::\"owner\")",
        "[Group::\"owner\"].containsAny(resource.requesters.groups)",
        "principal has manager && principal.manager == Person::\"eve@example.com\"",
        "resource == Entitlement::\"orders-reed\"",
        "resource in [Entitlement::\"orders-reed\"]",
        "if resource == Entitlement::\"orders-reed\" then true else false",
    ] {
        let mut wrong = sources();
        wrong.set("more.cedar", format!(
            "@id(\"x\") @advice(\"no\")\nforbid (principal, action, resource)\nwhen {{ {condition} }};"
        ));
        let problems = problems(&wrong);
        assert!(problems[0].starts_with("more.cedar:3:"), "{condition}: {problems:?}");
        assert!(problems[0].contains(": there is no "), "{condition}: {problems:?}");
    }
}
