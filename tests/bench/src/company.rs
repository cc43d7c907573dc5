//! The rules of a company of some size.

use std::fmt::Write as _;

use rules::source::Sources;

pub(crate) const PEOPLE: usize = 2_000;
pub(crate) const ENTITLEMENTS: usize = 200;
pub(crate) const POLICIES: usize = 100;

/// Policies beside the five of the base.
const OWN_POLICIES: usize = POLICIES - 5;

/// Size of a team. Each team asks for its own things, and three of its members approve.
const TEAM: usize = 20;

/// Rules in which each person has a team and a manager, and every other entry has two steps.
pub(crate) fn sources() -> Sources {
    let mut sources = Sources::default();
    sources.set("people.toml", people());
    sources.set("entitlements.toml", entitlements());
    sources.set("own.cedar", policies());
    for index in 0..ENTITLEMENTS {
        sources.set(format!("policies/p{index}.json"), policy(index));
    }
    sources
}

/// The mail address of a person.
pub(crate) fn mail(index: usize) -> String {
    format!("person-{index}@example.com")
}

fn people() -> String {
    let mut text = String::new();
    for index in 0..PEOPLE {
        let team = index / TEAM;
        let lead = if index % TEAM < 3 { ", \"leads-of-" } else { ", \"members-of-" };
        _ = write!(
            text,
            "[[person]]\nmail = \"{}\"\nname = \"Person {index}\"\n\
             arns = [\"arn:aws:iam::000000000000:user/person-{index}\"]\n\
             groups = [\"team-{team}\"{lead}team-{team}\"]\n",
            mail(index)
        );
        if index > 0 {
            _ = writeln!(text, "manager = \"{}\"", mail((index - 1) / 8));
        }
    }
    text
}

fn entitlements() -> String {
    let mut text = String::from("timezone = \"Europe/Berlin\"\n");
    for index in 0..ENTITLEMENTS {
        let team = index % (PEOPLE / TEAM);
        let tag = if index.is_multiple_of(3) { "production" } else { "staging" };
        _ = write!(
            text,
            "[[entitlement]]\nid = \"thing-{index}\"\ntitle = \"Thing number {index}\"\n\
             tags = [\"{tag}\"]\nrequesters = [\"group:members-of-team-{team}\"]\n\
             max_duration = \"8h\"\ndecide_within = \"1d\"\n\
             grant = {{ kind = \"inline_policy\", policy = \"policies/p{index}.json\" }}\n"
        );
        let leads = format!("\"group:leads-of-team-{team}\"");
        if index.is_multiple_of(2) {
            _ = write!(
                text,
                "[[entitlement.step]]\nname = \"lead\"\napprovers = [{leads}]\n\
                 [[entitlement.step]]\nname = \"manager\"\napprovers = [\"manager\"]\n"
            );
        } else {
            _ = writeln!(text, "approvers = [{leads}]\nquorum = 2");
        }
    }
    text.replace("\"1d\"", "\"24h\"")
}

/// A mixture of policies: most about requests, some about approval, a few of every other kind.
fn policies() -> String {
    let mut text = String::new();
    for index in 0..OWN_POLICIES {
        let (effect, action) = match index % 10 {
            0..=3 => ("forbid", "request"),
            4 => ("permit", "request"),
            5 | 6 => ("forbid", "approve"),
            7 => ("permit", "autoApprove"),
            8 => ("permit", "breakGlass"),
            _ => ("permit", "readAudit"),
        };
        let condition = match index % 3 {
            0 => "resource.tags.contains(\"production\") && context.hour >= 23",
            1 => "!context.mfa && resource.tags.contains(\"staging\")",
            _ => "context has source_ip && context.source_ip.isInRange(ip(\"203.0.113.0/24\"))",
        };
        _ = writeln!(
            text,
            "@id(\"rule-{index}\")\n@reason(\"rule {index} says no\")\n@advice(\"ask at another time\")\n\
             {effect} (principal in Group::\"team-{index}\", action == Action::\"{action}\", resource)\n\
             when {{ {condition} }};"
        );
    }
    text
}

fn policy(index: usize) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",
            "Action":["dynamodb:GetItem","dynamodb:Query","dynamodb:BatchGetItem"],
            "Resource":"arn:aws:dynamodb:eu-central-1:000000000000:table/thing-{index}"}}]}}"#
    )
}
