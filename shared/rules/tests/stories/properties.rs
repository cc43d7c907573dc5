//! The laws of deciding, tested with random rules, people and requests.

use std::collections::BTreeSet;

use domain::{
    request::{Approval, Request, Verdict},
    value::{Person, RequestId},
};
use proptest::{prelude::*, sample::subsequence};
use rules::{
    judge::Ruling,
    source::{RuleSet, Sources},
};

use crate::sources::{NOON, POLICY, aws, call, draft};

const PEOPLE: [&str; 5] = ["ann", "bob", "carol", "dave", "erin"];
const GROUPS: [&str; 3] = ["red", "green", "blue"];

/// A random company and its rules.
#[derive(Debug, Clone)]
struct Company {
    /// The groups of each person, and the index of their manager.
    people: Vec<(Vec<&'static str>, Option<usize>)>,
    requesters: Vec<String>,
    steps: Vec<(Vec<String>, usize)>,
    policies: Vec<String>,
}

fn person(index: usize) -> String {
    format!("{}@example.com", PEOPLE[index])
}

fn names() -> impl Strategy<Value = Vec<String>> {
    let mut all: Vec<String> = (0..PEOPLE.len()).map(person).collect();
    all.extend(GROUPS.iter().map(|group| format!("group:{group}")));
    subsequence(all, 1..=4)
}

/// Rules of every kind, for some people and under some condition.
fn policy() -> impl Strategy<Value = String> {
    let who = prop_oneof![
        Just("principal".to_owned()),
        (0..PEOPLE.len()).prop_map(|i| format!("principal == Person::\"{}\"", person(i))),
        prop::sample::select(&GROUPS[..]).prop_map(|g| format!("principal in Group::\"{g}\"")),
    ];
    let kind = prop::sample::select(
        &[
            ("permit", "request"),
            ("permit", "autoApprove"),
            ("permit", "breakGlass"),
            ("forbid", "request"),
            ("forbid", "autoApprove"),
            ("forbid", "approve"),
        ][..],
    );
    let condition = prop::sample::select(
        &[
            "",
            "when { context.duration > 600 }",
            "when { context.hour < 12 }",
            "unless { context.mfa }",
        ][..],
    );
    (who, kind, condition).prop_map(|(who, (effect, action), condition)| {
        format!("{effect} ({who}, action == Action::\"{action}\", resource) {condition};")
    })
}

fn company() -> impl Strategy<Value = Company> {
    // A manager comes later in the list than the people they lead, so there are no circles.
    let led = |i: usize| {
        prop::option::of(i + 1..PEOPLE.len() + 1).prop_map(|m| m.filter(|m| *m < PEOPLE.len()))
    };
    let people: Vec<_> =
        (0..PEOPLE.len()).map(|i| (subsequence(GROUPS.to_vec(), 0..=3), led(i))).collect();
    let deciders = (names(), any::<bool>()).prop_map(|(mut names, manager)| {
        names.extend(manager.then(|| "manager".to_owned()));
        names
    });
    let steps = prop::collection::vec((deciders, 1_usize..=2), 1..=3);
    let policies = prop::collection::vec(policy(), 0..6);
    (people, names(), steps, policies).prop_map(|(people, requesters, steps, policies)| Company {
        people,
        requesters,
        steps,
        policies,
    })
}

impl Company {
    /// The rules, if they are sound.
    fn rules(&self) -> Option<RuleSet> {
        let people: Vec<_> = self
            .people
            .iter()
            .enumerate()
            .map(|(index, (groups, manager))| {
                let (mail, name) = (person(index), PEOPLE[index]);
                // Erin is in every group, so that no group is empty.
                let groups = if name == "erin" { &GROUPS[..] } else { groups };
                let manager = manager.map(|manager| format!("manager = \"{}\"\n", person(manager)));
                format!(
                    "[[person]]\nmail = \"{mail}\"\nname = \"{name}\"\ngroups = {groups:?}\n{}\
                 arns = [\"arn:aws:iam::000000000000:user/{name}\"]\n",
                    manager.unwrap_or_default()
                )
            })
            .collect();
        let steps: Vec<_> = self.steps.iter().enumerate().map(|(index, (names, quorum))| {
            let name = format!("s{}", "x".repeat(index));
            format!("[[entitlement.step]]\nname = \"{name}\"\napprovers = {names:?}\nquorum = {quorum}\n")
        }).collect();
        let entitlements = format!(
            "[[entitlement]]\nid = \"orders-read\"\ntitle = \"Read\"\nrequesters = {:?}\n\
             max_duration = \"1h\"\ndecide_within = \"4h\"\nbreak_glass = {{ review_within = \"1h\" }}\n\
             grant = {{ kind = \"inline_policy\", policy = \"policies/p.json\" }}\n{}",
            self.requesters,
            steps.concat()
        );
        let cedar: Vec<_> = self
            .policies
            .iter()
            .enumerate()
            .map(|(index, policy)| {
                format!("@id(\"r{}\") @advice(\"no\") {policy}\n", "x".repeat(index))
            })
            .collect();
        let sources = Sources::from_iter([
            ("people.toml", people.concat()),
            ("entitlements.toml", entitlements),
            ("own.cedar", cedar.concat()),
            ("policies/p.json", POLICY.to_owned()),
        ]);
        sources.check().ok()
    }

    fn without(&self, lost: usize) -> Self {
        let mut poorer = self.clone();
        let name = person(lost);
        for (names, _) in &mut poorer.steps {
            names.retain(|known| *known != name);
        }
        poorer.people[lost].0.clear();
        for (_, manager) in &mut poorer.people {
            *manager = manager.filter(|manager| *manager != lost);
        }
        poorer
    }
}

fn asks(rules: &RuleSet, who: usize) -> Ruling {
    let arn = format!("arn:aws:iam::000000000000:user/{}", PEOPLE[who]);
    rules.judge(&aws(&arn), &draft("1h"), call(NOON))
}

/// All people say yes in this order, twice, as far as the rules let them.
fn everybody_says_yes(rules: &RuleSet, request: Request, order: &[usize]) -> Request {
    let mut request = request;
    for &index in order.iter().chain(order) {
        let by: Person = person(index).parse().unwrap();
        let Ok(basis) = rules.may_decide(&by, &request, call(NOON)) else { continue };
        let shown = domain::request::Shown {
            digest: request.terms().grant.digest(),
            version: request.version(),
        };
        let answer = domain::request::Statement {
            by,
            reason: "yes".parse().unwrap(),
            channel: domain::request::Channel::Api,
            call: call(NOON),
            basis,
        };
        let decide = domain::request::Command::Decide { verdict: Verdict::Approve, answer, shown };
        if let Ok((after, _)) = request.clone().after(decide, NOON.parse().unwrap()) {
            request = after;
        }
    }
    request
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_approves_their_own_counts_twice_or_keeps_a_right_that_was_taken(
        company in company(),
        who in 0..PEOPLE.len(),
        lost in 0..PEOPLE.len() - 1, // Erin stays, and with her every group
        order in Just([0, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let Some(rules) = company.rules() else { return Ok(()) };
        let Ok(terms) = asks(&rules, who).terms() else { return Ok(()) };
        let own: Person = person(who).parse().unwrap();
        let (request, _) = Request::open(&RequestId::from_random([1; 10]), terms, NOON.parse().unwrap()).unwrap();
        prop_assert!(!request.terms().approval.people().contains(&own), "law 9: asked about their own");
        prop_assert!(rules.may_decide(&own, &request, call(NOON)).is_err(), "law 9: approves their own");

        let after = everybody_says_yes(&rules, request.clone(), &order);
        let people: BTreeSet<_> = after.approved_by().collect();
        prop_assert_eq!(people.len(), after.decisions().len(), "law 9: counted twice");
        if let (Approval::People { steps, .. }, Some(_)) = (&after.terms().approval, after.window()) {
            let seats: usize = steps.0.iter().map(|step| step.quorum).sum();
            prop_assert!(people.len() >= seats, "law 9: too few people for {seats} seats");
        }

        // A person leaves: they lose their right, and their yes no longer counts.
        let gone: Person = person(lost).parse().unwrap();
        if let Some(poorer) = company.without(lost).rules() {
            prop_assert!(poorer.may_decide(&gone, &request, call(NOON)).is_err(), "a right was kept");
            if people.contains(&gone) {
                prop_assert!(poorer.still_opens(&after).is_err(), "an answer of theirs still opens it");
            }
        }
    }

    #[test]
    fn a_forbid_wins_and_the_order_of_rules_says_nothing(company in company(), who in 0..PEOPLE.len()) {
        let Some(rules) = company.rules() else { return Ok(()) };
        let verdict = |company: &Company| {
            let mut asked = asks(&company.rules().unwrap(), who).terms();
            if let Ok(terms) = &mut asked {
                // The names of the rules depend on their order, and the digest on both.
                terms.basis = domain::value::Basis { rule_set: domain::value::Digest::ZERO, rule_ids: BTreeSet::new() };
            }
            asked.map_err(|denials| denials.len())
        };
        let mut turned = company.clone();
        turned.policies.reverse();
        prop_assert_eq!(verdict(&company), verdict(&turned));

        let allowed = asks(&rules, who).terms().is_ok();
        let mut shut = company.clone();
        shut.policies.push("forbid (principal, action == Action::\"request\", resource);".to_owned());
        prop_assert!(asks(&shut.rules().unwrap(), who).terms().is_err(), "a forbid did not win");
        let mut open = company.clone();
        open.policies.push("permit (principal, action == Action::\"request\", resource);".to_owned());
        if allowed {
            prop_assert!(asks(&open.rules().unwrap(), who).terms().is_ok(), "another permit took something away");
        }
    }
}

#[test]
fn a_rule_that_cannot_be_evaluated_is_a_no() {
    let mut sources = crate::sources::sources();
    let overflow = "@id(\"broken\") @advice(\"mend it\") forbid (principal, action == Action::\"request\", resource) \
                    when { 9223372036854775807 + context.duration > 0 };";
    sources.set("more.cedar", overflow);
    let denials =
        crate::sources::ann_asks(&sources.check().unwrap(), &draft("1h")).terms().unwrap_err();
    assert_eq!(denials[0].reason, "rule `broken` could not be evaluated");
}
