//! Rules that change: pinned requests, differences, and sets that must not be published.

use domain::value::RequestId;
use rules::{source::Sources, tools::changes};

use crate::sources::{
    CEDAR, NOON, PEOPLE, POLICY, ann_asks, call, changed, draft, pinned, rules, sources,
};

#[test]
fn what_was_pinned_is_judged_again_by_the_rules_in_force() {
    let before = rules();
    let (request, _) = domain::request::Request::open(
        &RequestId::from_random([1; 10]),
        pinned(ann_asks(&before, &draft("1h"))),
        NOON.parse().unwrap(),
    )
    .unwrap();
    let bob = "bob@example.com".parse().unwrap();
    let night = call("2026-05-04T22:00:00Z");
    let basis = before.may_decide(&bob, &request, night).unwrap();
    assert_eq!(
        basis.rule_ids,
        ["base/approvers".parse().unwrap()].into(),
        "the hour is about asking"
    );

    let refused = |file: &str, from: &str, to: &str| {
        let now = changed(file, from, to).check().unwrap();
        now.may_decide(&bob, &request, night).unwrap_err()[0].rule.to_string()
    };
    let group = "groups = [\"owners\"]";
    assert_eq!(
        refused("people.toml", group, "groups = [\"engineers\"]"),
        "pinned/changed",
        "nobody is left"
    );
    for (file, from, to) in [
        ("entitlements.toml", "max_duration = \"1h\"", "max_duration = \"30m\""),
        ("entitlements.toml", "orders-read\"\ntitle", "orders-read-all\"\ntitle"),
        ("entitlements.toml", "approvers", "quorum = 2\napprovers"),
        ("entitlements.toml", "group:engineers", "carol@example.com"),
        ("entitlements.toml", "decide_within", "sign_in = true\ndecide_within"),
        ("policies/orders-read.json", "GetItem", "Get*"),
        ("people.toml", "user/ann\"", "user/anna\""),
        ("own.cedar", "context.hour < 8", "context.hour < 13"),
    ] {
        assert_eq!(refused(file, from, to), "pinned/changed", "{to}");
    }
    let same = changed("entitlements.toml", "Read the", "Look at the").check().unwrap();
    assert!(same.may_decide(&bob, &request, night).is_ok(), "another title grants the same");
}

#[test]
fn rules_that_ask_for_more_people_than_before_are_asked_again_and_for_fewer_are_not() {
    let with = |quorum: usize| {
        let two =
            format!("approvers = [\"bob@example.com\", \"carol@example.com\"]\nquorum = {quorum}");
        changed("entitlements.toml", "approvers = [\"group:owners\"]", &two).check().unwrap()
    };
    let pinned_under = |rules: &rules::source::RuleSet| {
        let (id, terms) = (RequestId::from_random([1; 10]), pinned(ann_asks(rules, &draft("1h"))));
        domain::request::Request::open(&id, terms, NOON.parse().unwrap()).unwrap().0
    };
    let bob = "bob@example.com".parse().unwrap();
    let refused = with(2).may_decide(&bob, &pinned_under(&with(1)), call(NOON)).unwrap_err();
    assert_eq!(refused[0].rule.as_str(), "pinned/changed");
    assert!(with(1).may_decide(&bob, &pinned_under(&with(2)), call(NOON)).is_ok());
}

#[test]
fn a_review_passes_on_to_whoever_reviews_today_and_stays_with_who_was_asked() {
    let with = |reviewer: &str| {
        let glass = format!("break_glass = {{ reviewers = [\"{reviewer}\"], review_within");
        changed("entitlements.toml", "break_glass = { review_within", &glass).check().unwrap()
    };
    let glass =
        rules::judge::RequestDraft { urgency: rules::judge::Urgency::BreakGlass, ..draft("1h") };
    let (id, terms) =
        (RequestId::from_random([1; 10]), pinned(ann_asks(&with("bob@example.com"), &glass)));
    let (request, _) = domain::request::Request::open(&id, terms, NOON.parse().unwrap()).unwrap();
    let may = |rules: &rules::source::RuleSet, who: &str| {
        let who = who.parse().unwrap();
        let may = rules.may_decide(&who, &request, call(NOON)).is_ok();
        assert!(!may || rules.may_see(&who, &request, call(NOON)));
        may
    };
    let today = with("carol@example.com");
    assert!(may(&today, "carol@example.com") && may(&today, "bob@example.com"));
    assert!(!may(&with("bob@example.com"), "carol@example.com"));
    assert!(!may(&with("ann@example.com"), "ann@example.com"), "law 9");
}

#[test]
fn whoever_was_moved_to_another_step_has_lost_the_right_to_the_first() {
    let with = |owner: &str, lead: &str| {
        let steps = format!(
            "[[entitlement.step]]\nname = \"owner\"\napprovers = [{owner}]\n\
             [[entitlement.step]]\nname = \"lead\"\napprovers = [{lead}]\n"
        );
        let mut sources = changed("entitlements.toml", "approvers = [\"group:owners\"]\n", "");
        let text = sources.get("entitlements.toml").unwrap().to_owned() + &steps;
        sources.set("entitlements.toml", text);
        sources.check().unwrap()
    };
    let [bob, carol] = ["bob@example.com", "carol@example.com"].map(|mail| format!("\"{mail}\""));
    let both = format!("{bob}, {carol}");
    let before = with(&bob, &both);
    let terms = pinned(ann_asks(&before, &draft("1h")));
    let id = RequestId::from_random([1; 10]);
    let (request, _) = domain::request::Request::open(&id, terms, NOON.parse().unwrap()).unwrap();
    let now = call(NOON);
    let says_yes = |rules: &rules::source::RuleSet,
                    request: domain::request::Request,
                    who: &str| {
        let by: domain::value::Person = who.parse().unwrap();
        let basis = rules.may_decide(&by, &request, now)?;
        let shown = domain::request::Shown { digest: request.terms().grant.digest(), version: 1 };
        let (reason, channel) = ("yes".parse().unwrap(), domain::request::Channel::Api);
        let answer = domain::request::Statement { by, reason, channel, call: now, basis };
        let decide = domain::request::Command::Decide {
            verdict: domain::request::Verdict::Approve,
            answer,
            shown,
        };
        Ok::<_, Vec<rules::Denial>>(request.after(decide, now.at).unwrap().0)
    };
    let once = says_yes(&before, request, "bob@example.com").unwrap();
    // Bob and Carol swap steps: each has lost the right to the step that was pinned.
    let after = with(&carol, &bob);
    let refused = says_yes(&after, once.clone(), "carol@example.com").unwrap_err();
    assert_eq!(refused[0].rule.as_str(), "base/only-approvers");
    let twice = says_yes(&before, once, "carol@example.com").unwrap();
    assert!(twice.window().is_some());
    assert!(before.still_opens(&twice).is_ok() && after.still_opens(&twice).is_err());
}

#[test]
fn who_may_end_something_may_look_at_it() {
    let mut sources = sources();
    let more = "\n[[person]]\nmail = \"dave@example.com\"\nname = \"Dave\"\ngroups = [\"secops\"]\n\
                [[person]]\nmail = \"erin@example.com\"\nname = \"Erin\"\n";
    sources.set("people.toml", format!("{PEOPLE}{more}"));
    let by_rule = r#"@id("trust") permit (principal, action == Action::"autoApprove", resource);
        @id("secops") permit (principal in Group::"secops", action == Action::"revoke", resource)
        when { context.hour < 20 };"#;
    sources.set("more.cedar", by_rule);
    let rules = sources.check().unwrap();
    let (id, terms) = (RequestId::from_random([1; 10]), pinned(ann_asks(&rules, &draft("1h"))));
    assert_eq!(terms.approval, domain::request::Approval::Rule);
    let (request, _) = domain::request::Request::open(&id, terms, NOON.parse().unwrap()).unwrap();
    for (who, at, may) in [
        ("ann", NOON, true),
        ("bob", NOON, true), // approves the entry, and was not asked
        ("dave", NOON, true),
        ("dave", "2026-05-04T19:00:00Z", false),
        ("erin", NOON, false),
    ] {
        let person = format!("{who}@example.com").parse().unwrap();
        assert_eq!(rules.may_revoke(&person, &request, call(at)).is_ok(), may, "{who}");
        assert_eq!(rules.may_see(&person, &request, call(at)), may, "{who} at {at}");
    }
    // A person whom a rule keeps from ending the request does not see it either.
    sources.set(
        "yet-more.cedar",
        r#"@id("not-bob") @advice("call Dave")
        forbid (principal == Person::"bob@example.com", action == Action::"revoke", resource);"#,
    );
    let bob = "bob@example.com".parse().unwrap();
    assert!(!sources.check().unwrap().may_see(&bob, &request, call(NOON)));
}

#[test]
fn whoever_asked_or_approves_may_revoke_and_a_forbid_wins() {
    let rules = rules();
    let (id, terms) = (RequestId::from_random([1; 10]), pinned(ann_asks(&rules, &draft("1h"))));
    let (request, _) = domain::request::Request::open(&id, terms, NOON.parse().unwrap()).unwrap();
    let may = |rules: &rules::source::RuleSet, who: &str| {
        rules.may_revoke(&who.parse().unwrap(), &request, call(NOON))
    };
    for who in ["ann@example.com", "bob@example.com"] {
        let basis = may(&rules, who).unwrap();
        assert_eq!(basis.rule_ids, ["base/revokers".parse().unwrap()].into(), "{who}");
    }
    for who in ["carol@example.com", "gone@example.com"] {
        assert!(may(&rules, who).is_err(), "{who}");
    }
    let mut strict = sources();
    let own = r#"@id("mine") @advice("no") forbid (principal, action == Action::"revoke", resource)
        when { principal != context.requester };"#;
    strict.set("more.cedar", own);
    let strict = strict.check().unwrap();
    assert!(may(&strict, "bob@example.com").is_err() && may(&strict, "ann@example.com").is_ok());
    // The entry is gone, and Bob can still end the access that was opened under it.
    let gone = changed("entitlements.toml", "orders-read\"\ntitle", "other\"\ntitle");
    let gone = gone.check().unwrap();
    assert!(may(&gone, "bob@example.com").is_ok() && may(&gone, "carol@example.com").is_err());
}

#[test]
fn a_set_that_locks_everybody_out_or_that_nobody_can_decide_is_not_published() {
    let review = |sources: &Sources| -> Vec<String> {
        let problems = sources.check().unwrap().review();
        problems.iter().map(ToString::to_string).collect()
    };
    assert_eq!(review(&sources()), Vec::<String>::new());
    let mut shut = sources();
    shut.set("more.cedar", r#"@id("shut") @advice("never") forbid (principal, action, resource);"#);
    assert!(review(&shut).contains(&"entitlements.toml: nobody may ask for anything".to_owned()));
    let nobody = changed("entitlements.toml", "requesters = [\"group:engineers\"]\n", "");
    assert_eq!(review(&nobody), ["entitlements.toml: nobody may ask for anything"]);
    let two = changed("entitlements.toml", "approvers", "quorum = 2\napprovers");
    assert!(review(&two)[0].contains("when ann@example.com asks for `orders-read`"));
    let by_rule = r#"@id("all") permit (principal, action == Action::"request", resource);"#;
    let mut many = changed(
        "entitlements.toml",
        "requesters = [\"group:engineers\"]\napprovers",
        "quorum = 3\napprovers",
    );
    many.set("more.cedar", by_rule);
    assert!(review(&many)[0].contains("too few people are left to decide step `approval`"));
    let at_times = r#"@id("x") permit (principal in Group::"owners", action == Action::"request", resource) when { context.mfa };"#;
    let mut sometimes = changed("entitlements.toml", "requesters = [\"group:engineers\"]\n", "");
    sometimes.set("more.cedar", at_times);
    assert_eq!(review(&sometimes), Vec::<String>::new(), "somebody may, at times");
    let alone = "break_glass = { reviewers = [\"bob@example.com\"], review_within";
    let alone = changed("entitlements.toml", "break_glass = { review_within", alone);
    assert!(review(&alone)[0].contains("when bob@example.com asks"), "{:?}", review(&alone));
    let mut kept = sources();
    kept.set("more.cedar", r#"@id("kept") @advice("no") forbid (principal in Group::"owners", action == Action::"approve", resource);"#);
    assert!(review(&kept)[0].contains("too few people are left"));
}

#[test]
fn a_change_is_told_in_words() {
    let before = rules();
    let mut after = changed("entitlements.toml", "max_duration = \"1h\"", "max_duration = \"30m\"");
    after.set("people.toml", PEOPLE.replace("groups = [\"owners\"]", "groups = [\"engineers\"]"));
    after.set("own.cedar", CEDAR.replace("oncall", "on-call"));
    after.set("policies/orders-read.json", POLICY.replace("GetItem", "Query"));
    assert_eq!(
        changes(Some(&before), &after.check().unwrap()),
        [
            "+ rule on-call",
            "- rule oncall",
            "~ entitlement orders-read: max_duration PT1H → PT30M; policy changed",
            "~ person bob@example.com: groups owners → engineers",
        ]
    );
    assert_eq!(changes(Some(&before), &before), Vec::<String>::new());
    assert!(changes(None, &before).contains(&"+ entitlement orders-read".to_owned()));
}

#[test]
fn the_tests_of_a_set_say_what_differs() {
    let tried = |text: &str| rules().try_text(text).unwrap();
    let test = "[[test]]\nname = \"t\"\nwho = \"ann@example.com\"\nasks = \"orders-read\"\n\
                for = \"1h\"\nat = \"2026-05-04T10:00:00Z\"\nexpect = \"needs_approval\"\n";
    assert!(tried(test)[0].problem.is_none());
    let says = |text: &str| tried(text)[0].problem.as_ref().unwrap().to_string();
    assert_eq!(
        says(&test.replace("needs_approval", "allow")),
        "tests.toml:2:8: expected allow, and the rules say needs_approval (bob@example.com)"
    );
    assert!(says(&test.replace("10:00", "22:00")).contains("night: the shop is closed"));
    assert!(says(&format!("{test}approvers = [\"carol@example.com\"]")).contains("they are bob"));
    let deny = test.replace("10:00", "22:00").replace("needs_approval", "deny");
    assert!(tried(&format!("{deny}reasons = [\"night\"]"))[0].problem.is_none());
    assert!(says(&format!("{deny}reasons = [\"day\"]")).contains("they are night"));
    assert!(
        says(&test.replace("ann@", "anne@")).contains("3:7: anne@example.com is not in people")
    );
    assert!(rules().try_text("[[test]]\nnam = \"t\"").is_err());
}
