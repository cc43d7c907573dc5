//! Drafts: the conditions for a request, and the denials.

use domain::request::{Approval, Nudge};
use jiff::Timestamp;
use rules::{
    judge::{RequestDraft, Ruling, Urgency},
    source::RuleSet,
};

use crate::sources::{
    ANN, BOB, NOON, ann_asks, aws, call, changed, draft, pinned, rules, rules_against, sources,
};

#[test]
fn ann_may_ask_and_everybody_but_ann_may_approve() {
    let rules = rules();
    let Ruling::NeedsApproval(terms) = ann_asks(&rules, &draft("1h")) else {
        unreachable!("Ann is an engineer")
    };
    assert_eq!(terms.requester.as_str(), "ann@example.com");
    let Approval::People { steps, decide_by, nudges } = &terms.approval else {
        unreachable!("{terms:?}")
    };
    assert_eq!(steps.0[0].approvers, ["bob@example.com".parse().unwrap()].into());
    assert_eq!(decide_by.to_string(), "2026-05-04T14:00:00Z");
    assert_eq!(nudges, &[Nudge::Reminder { at: "2026-05-04T12:00:00Z".parse().unwrap() }]);
    assert_eq!(terms.basis.rule_set, rules.digest());
    assert_eq!(terms.basis.rule_ids, ["base/requesters".parse().unwrap()].into());
}

#[test]
fn people_read_the_clock_where_they_are() {
    let rules = changed("people.toml", "\"Bob\"", "\"Bob\"\ntimezone = \"Asia/Tokyo\"");
    let rules = rules.check().unwrap();
    let zone = |who: &str| rules.zone_of(&who.parse().unwrap()).iana_name().unwrap().to_owned();
    let zones = ["bob@example.com", "ann@example.com", "gone@example.com"].map(zone);
    assert_eq!(zones, ["Asia/Tokyo", "Europe/Berlin", "Europe/Berlin"]);
}

#[test]
fn every_reason_against_an_ask_is_given_at_once_with_its_rule_and_the_way_out() {
    let late = call("2026-05-04T16:00:00Z"); // 18:00 in Berlin
    let denials = rules().judge(&aws(BOB), &draft("2h"), late).terms().unwrap_err();
    let told: Vec<_> = denials.iter().map(|d| format!("{}: {d}", d.rule)).collect();
    assert_eq!(
        told,
        [
            "orders-read/max_duration: `orders-read` may be had for at most PT1H, not PT2H; \
             ask for PT1H or less",
            "base/requesters: no rule lets bob@example.com ask for `orders-read`; \
             ask an administrator for the right, or somebody who has it",
            "night: the shop is closed; ask between eight and six",
        ]
    );
}

#[test]
fn steps_must_all_be_met_and_nobody_counts_for_two() {
    let step = |quorum: usize| {
        let steps = format!(
            "[[entitlement.step]]\nname = \"owner\"\napprovers = [\"group:owners\"]\nquorum = {quorum}\n\
             [[entitlement.step]]\nname = \"manager\"\napprovers = [\"manager\"]\n"
        );
        let mut sources = changed("entitlements.toml", "approvers = [\"group:owners\"]\n", "");
        let text = sources.get("entitlements.toml").unwrap().to_owned() + &steps;
        sources.set("entitlements.toml", text);
        sources.check().unwrap()
    };
    let terms = pinned(ann_asks(&step(1), &draft("1h")));
    let names: Vec<_> = terms.approval.steps().iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["owner", "manager"]);
    assert_eq!(terms.approval.people().len(), 2);
    assert_eq!(rules_against(ann_asks(&step(2), &draft("1h"))), ["orders-read/step/owner"]);
    // Carol has no manager, so nobody could decide her request.
    let problems = step(1).review();
    assert!(problems[0].to_string().contains("when carol@example.com asks"), "{problems:?}");
}

#[test]
fn a_ticket_a_reason_and_a_start_are_held_to_what_the_entry_says() {
    let with =
        |text: &str| changed("entitlements.toml", "max_duration", &format!("{text}\nmax_duration"));
    let strict =
        with("ticket = \"INC-[0-9]+\"\nreason_length = 20\nmax_ahead = \"2h\"").check().unwrap();
    let terms = |ticket: Option<&str>, reason: &str, starts_at: Option<&str>| {
        let draft = RequestDraft {
            ticket: ticket.map(|ticket| ticket.parse().unwrap()),
            reason: reason.parse().unwrap(),
            starts_at: starts_at.map(|at| at.parse::<Timestamp>().unwrap()),
            ..draft("1h")
        };
        ann_asks(&strict, &draft)
    };
    let long = "exactly twenty chars";
    assert!(terms(Some("INC-4711"), long, Some("2026-05-04T12:00:00Z")).terms().is_ok());
    for (ticket, reason, starts_at, rule) in [
        (None, long, None, "orders-read/ticket"),
        (Some("INC-4711x"), long, None, "orders-read/ticket"),
        (Some("xINC-4711"), long, None, "orders-read/ticket"),
        (Some("INC-4711"), "because", None, "orders-read/reason_length"),
        (Some("INC-4711"), long, Some("2026-05-04T12:00:01Z"), "orders-read/max_ahead"),
        (Some("INC-4711"), long, Some("2026-05-04T09:59:59Z"), "orders-read/max_ahead"),
    ] {
        assert_eq!(rules_against(terms(ticket, reason, starts_at)), [rule]);
    }
    let mut later = draft("1h");
    later.starts_at = Some("2026-05-04T10:30:00Z".parse().unwrap());
    let terms = pinned(ann_asks(&rules(), &later));
    assert_eq!(terms.approval.decide_by().unwrap().to_string(), "2026-05-04T11:30:00Z", "law 5");
}

#[test]
fn a_rule_about_the_hour_looks_at_the_start_that_was_asked_for() {
    let mut tonight = draft("1h");
    tonight.starts_at = Some("2026-05-04T20:00:00Z".parse().unwrap());
    assert_eq!(rules_against(ann_asks(&rules(), &tonight)), ["night"], "not by asking at noon");
}

#[test]
fn glass_is_broken_by_whom_a_rule_lets_and_reviewed_by_somebody_else() {
    let glass = RequestDraft { urgency: Urgency::BreakGlass, ..draft("1h") };
    let night = call("2026-05-04T02:00:00Z");
    let Ruling::Allow(terms) = rules().judge(&aws(ANN), &glass, night) else {
        unreachable!("Ann is an owner")
    };
    let Approval::BreakGlass { reviewers, review_by, .. } = &terms.approval else { unreachable!() };
    assert_eq!(*reviewers, ["bob@example.com".parse().unwrap()].into(), "and never Ann");
    assert_eq!(review_by.to_string(), "2026-05-04T03:00:00Z");
    assert_eq!(terms.basis.rule_ids, ["oncall".parse().unwrap()].into());
    let covers = changed("own.cedar", "@except(\"breakGlass\")\n", "");
    let refused = covers.check().unwrap().judge(&aws(ANN), &glass, night);
    assert_eq!(rules_against(refused), ["night"], "what forbids asking forbids glass as well");
    let none = changed("entitlements.toml", "break_glass = { review_within = \"1h\" }\n", "");
    let refused = none.check().unwrap().judge(&aws(ANN), &glass, night);
    assert_eq!(rules_against(refused), ["orders-read/break_glass"]);
    let mut later = glass;
    later.starts_at = Some(night.at);
    assert_eq!(rules_against(rules().judge(&aws(ANN), &later, night)), ["orders-read/break_glass"]);
}

#[test]
fn a_rule_may_approve_and_another_may_keep_it_from_doing_so() {
    let with = |more: &str| {
        let mut sources = sources();
        sources.set("more.cedar", more);
        ann_asks(&sources.check().unwrap(), &draft("1h"))
    };
    let permit = r#"@id("trust") permit (principal, action == Action::"autoApprove", resource);"#;
    let Ruling::Allow(terms) = with(permit) else { unreachable!("it is permitted") };
    assert_eq!(terms.approval, Approval::Rule);
    assert!(terms.basis.rule_ids.contains(&"trust".parse().unwrap()));
    let forbid = r#"@id("not-today") @advice("ask tomorrow")
        forbid (principal, action == Action::"autoApprove", resource);"#;
    assert!(matches!(with(&format!("{permit}{forbid}")), Ruling::NeedsApproval(_)));
}

#[test]
fn a_standing_rule_keeps_people_from_being_asked_and_one_about_the_hour_does_not() {
    let with = |condition: &str| {
        let forbid = format!(
            "@id(\"not-bob\") @advice(\"ask Carol\") forbid (principal == Person::\"bob@example.com\", \
             action == Action::\"approve\", resource) {condition};"
        );
        let mut sources = changed(
            "entitlements.toml",
            "approvers = [\"group:owners\"]",
            "approvers = [\"group:owners\", \"carol@example.com\"]",
        );
        sources.set("more.cedar", forbid);
        let terms = pinned(ann_asks(&sources.check().unwrap(), &draft("1h")));
        terms.approval.people().len()
    };
    assert_eq!(with(""), 1, "Bob would only be told that he may not");
    assert_eq!(with("when { context.hour > 5 }"), 2, "later he may");
}

#[test]
fn auditors_see_what_a_rule_lets_them_see() {
    let may = |rules: RuleSet| {
        let (bob, entry) = ("bob@example.com".parse().unwrap(), "orders-read".parse().unwrap());
        rules.may_read(&bob, &entry, call(NOON))
    };
    let mut open = sources();
    open.set("more.cedar", r#"@id("bob-audits") permit (principal == Person::"bob@example.com", action == Action::"readAudit", resource);"#);
    assert!(!may(rules()) && may(open.check().unwrap()));
}

#[test]
fn a_catalogue_shows_what_stands_in_the_way_and_hides_what_is_for_others() {
    let rules = rules();
    let sees = |name: &str, at: &str| -> Option<Vec<String>> {
        let person = name.parse().unwrap();
        let mut open = rules.open_to(&person, call(at)).map(|(_, _, why)| why);
        open.next().map(|why| why.iter().map(|denial| denial.rule.to_string()).collect())
    };
    assert_eq!(sees("ann@example.com", NOON), Some(vec![]));
    assert_eq!(sees("ann@example.com", "2026-05-04T20:00:00Z"), Some(vec!["night".to_owned()]));
    let glass = Some(vec!["base/requesters".to_owned()]);
    assert_eq!(sees("bob@example.com", NOON), glass, "he may break it");
    let none = changed("entitlements.toml", "break_glass = { review_within = \"1h\" }\n", "");
    let (none, bob) = (none.check().unwrap(), "bob@example.com".parse().unwrap());
    assert_eq!(none.open_to(&bob, call(NOON)).count(), 0);
}

#[test]
fn whoever_asks_hears_of_nothing_that_is_escalated_and_others_in_order_of_time() {
    let escalate = "escalate = { to = [\"manager\", \"group:owners\"], at = 25 }\ndecide_within";
    let rules = changed("entitlements.toml", "decide_within", escalate).check().unwrap();
    let terms = pinned(ann_asks(&rules, &draft("1h")));
    let at = |time: &str| format!("2026-05-04T{time}Z").parse::<Timestamp>().unwrap();
    let to = ["bob@example.com", "carol@example.com"].map(|who| who.parse().unwrap()).into();
    assert_eq!(
        terms.approval.nudges(),
        [Nudge::Escalation { at: at("11:00:00"), to }, Nudge::Reminder { at: at("12:00:00") }]
    );
    let nobody = "escalate = { to = [\"ann@example.com\"] }\ndecide_within";
    let rules = changed("entitlements.toml", "decide_within", nobody).check().unwrap();
    assert_eq!(pinned(ann_asks(&rules, &draft("1h"))).approval.nudges().len(), 1);
}
